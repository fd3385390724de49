import { concatenate } from "./bytes.ts";
import { applyDetools, type DetoolsApplyOptions } from "./detools/detools-apply.ts";
import {
  isSegmentPatches,
  joinSegmentPatches,
  readSegmentPatches,
  type SegmentRange,
} from "./segment-patches.ts";

/** Makes the patch of one stretch of the result; `at` and `of`: where it lies in the whole, for progress. */
export type CreatePart = (
  part: Uint8Array,
  place: { readonly at: number; readonly of: number },
) => Promise<Uint8Array>;

/**
 * The ECU's patch of an image file, which holds its segments one after another: a plain patch for one segment, else one
 * for each in a file of {@link joinSegmentPatches}. Each is made from the whole base, so code may move between segments.
 */
export async function createImagePatch(
  result: Uint8Array,
  segments: readonly SegmentRange[],
  create: CreatePart,
): Promise<Uint8Array> {
  const of = result.length;
  if (segments.length <= 1) return create(result, { at: 0, of });
  const patches: { address: number; patch: Uint8Array }[] = [];
  let at = 0;
  for (const { address, length } of segments) {
    const patch = await create(result.subarray(at, at + length), { at, of });
    patches.push({ address, patch });
    at += length;
  }
  return joinSegmentPatches(patches);
}

/**
 * The image file that such a patch makes, at once, by the ECU's decoder: where memory does not matter.
 * @throws {DeltaError} as the decoder, and for a file of several patches that is damaged
 */
export function applyImagePatch(
  base: Uint8Array,
  file: Uint8Array,
  options: DetoolsApplyOptions,
): Uint8Array<ArrayBuffer> {
  if (!isSegmentPatches(file)) return applyDetools(base, file, options);
  const parts: Uint8Array[] = [];
  let made = 0;
  for (const { offset, length } of readSegmentPatches(file, file.length)) {
    const maxResultBytes = options.maxResultBytes - made;
    const onProgress = (share: number): void => options.onProgress?.((offset + share * length) / file.length);
    const patch = file.subarray(offset, offset + length);
    const part = applyDetools(base, patch, { ...options, maxResultBytes, onProgress });
    parts.push(part);
    made += part.length;
  }
  return concatenate(parts);
}
