import type { ByteReader, ByteWriter } from "../bytes.ts";
import { UdsFormatError } from "../error.ts";
import { type Field, record, rest, u8 } from "../fields.ts";
import { Nrc } from "../nrc.ts";
import { declareService } from "../service.ts";

/** A stretch of memory; both numbers in bytes. */
export interface MemoryRange {
  readonly address: number;
  readonly length: number;
}

/** addressAndLengthFormatIdentifier of four bytes each: high nibble length, low nibble address (annex H.1). */
export const FOUR_BYTES_EACH = 0x44;

/** addressAndLengthFormatIdentifier, memoryAddress, memorySize. `format` may be left out: four bytes each. */
export const memoryRange: Field<MemoryRange & { format: number }, MemoryRange & { format?: number }> = {
  write(writer: ByteWriter, { address, length, format = FOUR_BYTES_EACH }) {
    const { addressBytes, lengthBytes } = sizes(format);
    writer.uint(1, format);
    writer.uint(addressBytes, address);
    writer.uint(lengthBytes, length);
  },
  read(reader: ByteReader) {
    const format = reader.uint(1);
    const { addressBytes, lengthBytes } = sizes(format);
    return { format, address: reader.uint(addressBytes), length: reader.uint(lengthBytes) };
  },
};

function sizes(format: number): { addressBytes: number; lengthBytes: number } {
  const [lengthBytes, addressBytes] = [format >>> 4, format & 0x0f];
  if (lengthBytes < 1 || lengthBytes > 4 || addressBytes < 1 || addressBytes > 4) {
    throw new UdsFormatError(
      "out-of-range",
      `addressAndLengthFormatIdentifier ${format.toString(16)}: each half must be 1 to 4 bytes`,
    );
  }
  return { addressBytes, lengthBytes };
}

/**
 * lengthFormatIdentifier (high nibble: bytes that follow) and maxNumberOfBlockLength: the longest TransferData
 * message, service identifier and counter included (ISO 14229-1:2020, 15.2.3.2). Written as two bytes, which the
 * 4095 bytes of classic ISO-TP need, or four.
 */
const maxBlockBytes: Field<number> = {
  write(writer: ByteWriter, value: number) {
    const size = value > 0xffff ? 4 : 2;
    writer.uint(1, size << 4);
    writer.uint(size, value);
  },
  read(reader: ByteReader) {
    const size = reader.uint(1) >>> 4;
    if (size < 1 || size > 4) {
      throw new UdsFormatError(
        "out-of-range",
        `maxNumberOfBlockLength of ${size} bytes; 1 to 4 are understood`,
      );
    }
    return reader.uint(size);
  },
};

/** 34 (ISO 14229-1:2020, 15.2). `dataFormat`: high nibble compression, low nibble encryption; 00 is neither. */
export const RequestDownload = declareService({
  name: "RequestDownload",
  sid: 0x34,
  subFunction: false,
  echo: 0,
  request: record({ dataFormat: u8, memory: memoryRange }),
  response: record({ maxBlockBytes }),
  nrcs: [Nrc.conditionsNotCorrect, Nrc.requestOutOfRange, Nrc.uploadDownloadNotAccepted],
});

/** 35 (ISO 14229-1:2020, 15.3): the same the other way. */
export const RequestUpload = declareService({ ...RequestDownload, name: "RequestUpload", sid: 0x35 });

/** 36 (ISO 14229-1:2020, 15.4). The counter runs 01 … FF, 00, 01 …; a repeated one is answered, not written again. */
export const TransferData = declareService({
  name: "TransferData",
  sid: 0x36,
  subFunction: false,
  echo: 1,
  request: record({ counter: u8, data: rest }),
  response: record({ counter: u8, data: rest }),
  nrcs: [
    Nrc.requestSequenceError,
    Nrc.requestOutOfRange,
    Nrc.transferDataSuspended,
    Nrc.generalProgrammingFailure,
    Nrc.wrongBlockSequenceCounter,
  ],
});

/** 37 (ISO 14229-1:2020, 15.5). */
export const RequestTransferExit = declareService({
  name: "RequestTransferExit",
  sid: 0x37,
  subFunction: false,
  echo: 0,
  request: record({ parameters: rest }),
  response: record({ parameters: rest }),
  nrcs: [Nrc.requestSequenceError, Nrc.requestOutOfRange, Nrc.generalProgrammingFailure],
});
