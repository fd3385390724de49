import type { ByteReader, ByteWriter } from "../bytes.ts";
import { UdsFormatError } from "../error.ts";
import { type Field, list, record, u16 } from "../fields.ts";
import { Nrc } from "../nrc.ts";
import { declareService } from "../service.ts";

/** One scalingByte and what belongs to it (ISO 14229-1:2020, annex C.2). */
export interface Scaling {
  /** High nibble: 0 unsigned, 1 signed, 2 bit mapped, 6 ASCII, 9 formula, A unit … */
  readonly type: number;
  /** Low nibble, 0 to 15: how many bytes the value has, or for the types of `extended` how many follow. */
  readonly count: number;
  /** The bytes that follow: a mask, the constants of a formula, a unit, a state. Empty for all other types. */
  readonly extension: Uint8Array;
}

/** Bit mapped with mask, formula, unit, state and connection: the byte is followed by `count` more. */
const extended: ReadonlySet<number> = new Set([0x2, 0x9, 0xa, 0xb]);

const scaling: Field<Scaling> = {
  write(writer: ByteWriter, { type, count, extension }: Scaling) {
    if (type > 0xf || count > 0xf || extension.length !== (extended.has(type) ? count : 0)) {
      throw new UdsFormatError(
        "out-of-range",
        `scaling type ${type} of ${count} bytes with an extension of ${extension.length} bytes`,
      );
    }
    writer.uint(1, type * 0x10 + count);
    writer.bytes(extension);
  },
  read(reader: ByteReader): Scaling {
    const byte = reader.uint(1);
    const [type, count] = [byte >>> 4, byte & 0x0f];
    return { type, count, extension: reader.take(extended.has(type) ? count : 0) };
  },
};

/** 24 (ISO 14229-1:2020, 11.4): how the data of an identifier are to be read. */
export const ReadScalingDataByIdentifier = declareService({
  name: "ReadScalingDataByIdentifier",
  sid: 0x24,
  subFunction: false,
  echo: 2,
  request: record({ did: u16 }),
  response: record({ did: u16, scaling: list(scaling, 1) }),
  nrcs: [Nrc.conditionsNotCorrect, Nrc.requestOutOfRange],
});
