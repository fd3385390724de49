import { crc32 } from "node:zlib";
import { DeltaError } from "../delta-error.ts";

const MAGIC = 0x4853_4453; // "HSDS"
const MAGIC_BYTES = 4;
const WORD_BYTES = 4;
const CRC_BYTES = 4;

/**
 * Layout, big-endian: "HSDS", the registers as u32, the buffers one after another, CRC-32 of all before. Its
 * length follows from the number of registers and the buffers alone.
 */
export function snapshotLength(registerCount: number, buffers: readonly Uint8Array[]): number {
  const bufferBytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
  return MAGIC_BYTES + registerCount * WORD_BYTES + bufferBytes + CRC_BYTES;
}

export function encodeSnapshot(registers: readonly number[], buffers: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(snapshotLength(registers.length, buffers));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  let at = MAGIC_BYTES;
  for (const register of registers) {
    view.setUint32(at, register);
    at += WORD_BYTES;
  }
  for (const buffer of buffers) {
    bytes.set(buffer, at);
    at += buffer.length;
  }
  view.setUint32(at, crc32(bytes.subarray(0, at)));
  return bytes;
}

/**
 * Fills the buffers, which must be as long as those of {@link encodeSnapshot}, and gives the registers. Nothing
 * is changed where it throws.
 * @throws {DeltaError} `bad-header` for a snapshot of another layout, `bad-checksum` for a damaged one
 */
export function decodeSnapshot(
  snapshot: Uint8Array,
  registerCount: number,
  buffers: readonly Uint8Array[],
): number[] {
  const expected = snapshotLength(registerCount, buffers);
  const view = new DataView(snapshot.buffer, snapshot.byteOffset, snapshot.length);
  if (snapshot.length !== expected || view.getUint32(0) !== MAGIC) {
    throw new DeltaError(
      "bad-header",
      `not a snapshot of this decoder, which has ${expected} bytes; decode the patch from its beginning`,
    );
  }
  const end = expected - CRC_BYTES;
  if (view.getUint32(end) !== crc32(snapshot.subarray(0, end))) {
    throw new DeltaError("bad-checksum", "the snapshot is damaged; decode the patch from its beginning");
  }
  const registers = Array.from({ length: registerCount }, (_, i) =>
    view.getUint32(MAGIC_BYTES + i * WORD_BYTES),
  );
  let at = MAGIC_BYTES + registerCount * WORD_BYTES;
  for (const buffer of buffers) {
    buffer.set(snapshot.subarray(at, at + buffer.length));
    at += buffer.length;
  }
  return registers;
}
