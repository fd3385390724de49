import { DeltaError } from "./delta-error.ts";

/** The 32 bytes before the three bzip2 streams: "BSDIFF40" and three lengths as offsets. */
export interface Bsdiff40Header {
  readonly controlBytes: number;
  readonly diffBytes: number;
  readonly extraBytes: number;
  readonly resultBytes: number;
}

export const OFFSET_BYTES = 8;
export const HEADER_BYTES = 32;
const MAGIC = [0x42, 0x53, 0x44, 0x49, 0x46, 0x46, 0x34, 0x30];
const SIGN = 0x80;
const TWO_32 = 0x1_0000_0000;

/** Little-endian magnitude with the sign in the highest bit, as bsdiff's `offtout` writes. */
export function writeOffset(value: number, into: Uint8Array, at: number): void {
  const view = new DataView(into.buffer, into.byteOffset + at, OFFSET_BYTES);
  const magnitude = Math.abs(value);
  view.setUint32(0, magnitude % TWO_32, true);
  view.setUint32(4, Math.floor(magnitude / TWO_32), true);
  if (value < 0) into[at + OFFSET_BYTES - 1]! |= SIGN;
}

/** @throws {DeltaError} `bad-offset` where the magnitude is not below 2^53 */
export function readOffset(bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, OFFSET_BYTES);
  const high = view.getUint32(4, true);
  const magnitude = (high & 0x7fff_ffff) * TWO_32 + view.getUint32(0, true);
  if (!Number.isSafeInteger(magnitude)) {
    throw new DeltaError("bad-offset", `offset ${magnitude} in the patch is not below 2^53`);
  }
  return high >= 0x8000_0000 ? -magnitude || 0 : magnitude;
}

export function encodeHeader(header: Bsdiff40Header): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  bytes.set(MAGIC);
  writeOffset(header.controlBytes, bytes, 8);
  writeOffset(header.diffBytes, bytes, 16);
  writeOffset(header.resultBytes, bytes, 24);
  return bytes;
}

/**
 * What the patch says of itself; only the header is read.
 * @throws {DeltaError} `truncated`, `bad-magic`, `bad-header` or `bad-offset`
 */
export function inspectBsdiff40(patch: Uint8Array): Bsdiff40Header {
  if (patch.length < HEADER_BYTES) {
    throw new DeltaError("truncated", `a patch of ${patch.length} bytes has no room for its header of 32`);
  }
  if (MAGIC.some((byte, i) => patch[i] !== byte)) {
    throw new DeltaError("bad-magic", "not a bsdiff patch: it does not begin with BSDIFF40");
  }
  const controlBytes = readOffset(patch, 8);
  const diffBytes = readOffset(patch, 16);
  const resultBytes = readOffset(patch, 24);
  const extraBytes = patch.length - HEADER_BYTES - controlBytes - diffBytes;
  if (controlBytes < 0 || diffBytes < 0 || resultBytes < 0 || extraBytes < 0) {
    throw new DeltaError(
      "bad-header",
      `a patch of ${patch.length} bytes announces ${controlBytes} of control, ${diffBytes} of differences ` +
        `and a result of ${resultBytes}`,
    );
  }
  return { controlBytes, diffBytes, extraBytes, resultBytes };
}
