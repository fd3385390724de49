import type { Segment } from "@halfshaft/ota-format";
import { readIntelHex } from "../releases/formats/intel-hex.ts";
import { assemble } from "../releases/formats/memory.ts";
import { readSRecord } from "../releases/formats/s-record.ts";

/** What an Intel HEX or S-record file describes. */
export interface FirmwareImage {
  /** The image file: its segments one after another by address. */
  readonly file: Uint8Array;
  readonly segments: readonly Segment[];
}

/** The first record of each text format, and who reads it. */
const READERS = [
  [/^:[0-9A-Fa-f]{10,}\r?\n/, readIntelHex],
  [/^S[0-9][0-9A-Fa-f]{6,}\r?\n/, readSRecord],
] as const;
const BEGINNING_BYTES = 600;

/** Undefined for any other file. @throws {Refusal} HEX_MALFORMED or SREC_MALFORMED with the line */
export function imageOf(bytes: Uint8Array): FirmwareImage | undefined {
  const beginning = Buffer.from(bytes.subarray(0, BEGINNING_BYTES)).toString("latin1");
  const read = READERS.find(([pattern]) => pattern.test(beginning))?.[1];
  return read && assemble(read(Buffer.from(bytes).toString("latin1")));
}

/** Both images where both files describe one: a text and a binary have nothing in common. */
export function imagesOf(a: Uint8Array, b: Uint8Array): readonly [FirmwareImage, FirmwareImage] | undefined {
  const [first, second] = [imageOf(a), imageOf(b)];
  return first && second && [first, second];
}
