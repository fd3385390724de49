import { DeltaError } from "../delta-error.ts";
import { DetoolsDecoder } from "./detools-decoder.ts";
import { ECU_LZMA } from "./lzma-header.ts";
import type { LzmaProperties } from "./lzma-header.ts";
import { MAX_PATCH_START_BYTES, readPatchStart } from "./patch-start.ts";
import type { DetoolsPatchStart } from "./patch-start.ts";

export interface DetoolsApplyOptions {
  readonly maxResultBytes: number;
  /** {@link ECU_LZMA} unless told. */
  readonly limits?: LzmaProperties;
  /** Called with a share from 0 to 1 after each page. */
  readonly onProgress?: (share: number) => void;
}

/**
 * The result of the patch at once, by the ECU's decoder: for trying patches where memory does not matter.
 * @throws {DeltaError} as {@link DetoolsDecoder}
 */
export function applyDetools(
  base: Uint8Array,
  patch: Uint8Array,
  options: DetoolsApplyOptions,
): Uint8Array<ArrayBuffer> {
  const { resultBytes } = inspectDetools(patch);
  const result = new Uint8Array(Math.min(resultBytes, options.maxResultBytes));
  const device = {
    readBase: (offset: number, into: Uint8Array) => into.set(base.subarray(offset, offset + into.length)),
    writeResult: (page: Uint8Array, offset: number) => {
      result.set(page, offset);
      options.onProgress?.((offset + page.length) / result.length);
    },
  };
  const { limits = ECU_LZMA } = options;
  const decoder = new DetoolsDecoder(device, {
    baseBytes: base.length,
    maxResultBytes: options.maxResultBytes,
    limits,
    ramBudgetBytes: Infinity,
  });
  decoder.push(patch);
  decoder.finish();
  return result;
}

/**
 * What the patch says of itself; only its first bytes are read.
 * @throws {DeltaError} `bad-magic`, `bad-header`, `bad-length` or `truncated`
 */
export function inspectDetools(patch: Uint8Array): DetoolsPatchStart {
  let at = 0;
  return readPatchStart(() => {
    if (at < patch.length) return patch[at++]!;
    throw new DeltaError(
      "truncated",
      `a patch of ${at} bytes ends before its header, of up to ${MAX_PATCH_START_BYTES}`,
    );
  });
}
