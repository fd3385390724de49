import { DeltaError } from "../delta-error.ts";
import { decodeLzmaHeader, encodeLzmaHeader, LZMA_HEADER_BYTES } from "./lzma-header.ts";
import type { LzmaProperties } from "./lzma-header.ts";
import { encodeSize, MAX_SIZE_BYTES, SizeReader } from "./sizes.ts";

/** What a patch says before its LZMA stream; without a result there is no stream. */
export interface DetoolsPatchStart {
  readonly resultBytes: number;
  readonly properties?: LzmaProperties;
}

/** Patch type 0 (sequential) in the high half, compression 1 (LZMA) in the low one. */
const SEQUENTIAL_LZMA = 0x01;
export const MAX_PATCH_START_BYTES = 1 + MAX_SIZE_BYTES + LZMA_HEADER_BYTES;

export function encodePatchStart(resultBytes: number, properties: LzmaProperties): Uint8Array {
  const start = [SEQUENTIAL_LZMA, ...encodeSize(resultBytes)];
  return Uint8Array.from(resultBytes === 0 ? start : [...start, ...encodeLzmaHeader(properties)]);
}

/**
 * Takes the bytes from `next`, which throws where there are none.
 * @throws {DeltaError} `bad-magic` for another kind of patch, `bad-header`, `bad-length`
 */
export function readPatchStart(next: () => number): DetoolsPatchStart {
  const type = next();
  if (type !== SEQUENTIAL_LZMA) {
    throw new DeltaError(
      "bad-magic",
      `a patch that begins with ${type} is not of detools' type sequential with LZMA (1)`,
    );
  }
  const resultBytes = readSize(next);
  if (resultBytes < 0) {
    throw new DeltaError("bad-header", `the patch announces a result of ${resultBytes} bytes`);
  }
  if (resultBytes === 0) return { resultBytes };
  return { resultBytes, properties: decodeLzmaHeader(Uint8Array.from({ length: LZMA_HEADER_BYTES }, next)) };
}

function readSize(next: () => number): number {
  const reader = new SizeReader();
  for (;;) {
    const size = reader.take(next());
    if (size !== undefined) return size;
  }
}
