import type { ByteReader, ByteWriter } from "../bytes.ts";
import { UdsFormatError } from "../error.ts";
import { choice, type Field, u8 } from "../fields.ts";
import { Nrc } from "../nrc.ts";
import { declareService } from "../service.ts";

/** modeOfOperation (ISO 14229-1:2020, annex G.1). It is no sub-function: nothing can be suppressed. */
export const FileOperation = {
  addFile: 0x01,
  deleteFile: 0x02,
  replaceFile: 0x03,
  readFile: 0x04,
  readDirectory: 0x05,
  resumeFile: 0x06,
} as const;

/** Sizes in bytes; `compressed` equals `uncompressed` where nothing is compressed. */
export interface FileSizes {
  readonly uncompressed: number;
  readonly compressed: number;
  /** How many bytes each of both has on the wire, 1 to 8. Default 4. */
  readonly parameterBytes?: number;
}

/** One byte per character: the standard speaks of ASCII, and what an ECU makes of other bytes is its own matter. */
const path: Field<string> = {
  write(writer: ByteWriter, value: string) {
    writer.uint(2, value.length);
    for (let i = 0; i < value.length; i++) writer.uint(1, value.charCodeAt(i));
  },
  read: (reader: ByteReader) => String.fromCharCode(...reader.take(reader.uint(2))),
};

/** A number whose length stands before it; both lengths are those of the fields that the table of the service has. */
const sizeOf = (reader: ByteReader, lengthBytes: 1 | 2): number => {
  const size = reader.uint(lengthBytes);
  if (size < 1 || size > 8) {
    throw new UdsFormatError("out-of-range", `numbers of ${size} bytes; 1 to 8 are understood`);
  }
  return size;
};

/** fileSizeParameterLength, fileSizeUnCompressed, fileSizeCompressed. */
const fileSizes = (lengthBytes: 1 | 2): Field<Required<FileSizes>, FileSizes> => ({
  write(writer, { uncompressed, compressed, parameterBytes = 4 }) {
    writer.uint(lengthBytes, parameterBytes);
    writer.uint(parameterBytes, uncompressed);
    writer.uint(parameterBytes, compressed);
  },
  read(reader) {
    const parameterBytes = sizeOf(reader, lengthBytes);
    return {
      uncompressed: reader.uint(parameterBytes),
      compressed: reader.uint(parameterBytes),
      parameterBytes,
    };
  },
});

/** A length, then a number of so many bytes; written with `size` bytes. */
const sizedNumber = (lengthBytes: 1 | 2, size: number): Field<number> => ({
  write(writer, value) {
    writer.uint(lengthBytes, size);
    writer.uint(size, value);
  },
  read: (reader) => reader.uint(sizeOf(reader, lengthBytes)),
});

const sizes = fileSizes(1);
/** Unlike in the answer to 34 the whole lengthFormatIdentifier is the length. */
const maxBlockBytes = sizedNumber(1, 4);
const directoryBytes = sizedNumber(2, 4);
const position: Field<number> = {
  write: (writer, value) => writer.uint(8, value),
  read: (reader) => reader.uint(8),
};

/** 38 (ISO 14229-1:2020, 15.6). The transfer itself is 36 and 37 as for 34 and 35. */
export const RequestFileTransfer = declareService({
  name: "RequestFileTransfer",
  sid: 0x38,
  subFunction: false,
  echo: 1,
  request: choice("operation", {
    0x01: { path, dataFormat: u8, sizes },
    0x02: { path },
    0x03: { path, dataFormat: u8, sizes },
    0x04: { path, dataFormat: u8 },
    0x05: { path },
    0x06: { path, dataFormat: u8, sizes },
  }),
  response: choice("operation", {
    0x01: { maxBlockBytes, dataFormat: u8 },
    0x02: {},
    0x03: { maxBlockBytes, dataFormat: u8 },
    0x04: { maxBlockBytes, dataFormat: u8, sizes: fileSizes(2) },
    0x05: { maxBlockBytes, dataFormat: u8, directoryBytes },
    0x06: { maxBlockBytes, dataFormat: u8, position },
  }),
  nrcs: [Nrc.conditionsNotCorrect, Nrc.requestOutOfRange, Nrc.uploadDownloadNotAccepted],
});
