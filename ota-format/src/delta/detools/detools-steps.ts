import type { CreateOptions } from "../bsdiff40-create.ts";
import { concatenate, subtractBytes } from "../bytes.ts";
import { scanMatches } from "../match-scan.ts";
import type { MatchStep } from "../match-scan.ts";
import { SuffixIndex } from "../suffix-index.ts";
import { encodeSize } from "./sizes.ts";

/** Size of a patch between data formats; detools can make one for some processors, and we never do. */
const NO_DATA_FORMAT = 0;
const SORTED_SHARE = 0.4;

/**
 * What a patch of detools' type "sequential" compresses: the size of the data format's patch, then steps of
 * {diff size, differences, extra size, extra bytes, adjustment of the position in the base}.
 * Memory beside the two images: 7 bytes per byte of base while sorting, then 4 and 1 to 2 per byte of result.
 */
export function listDetoolsSteps(
  base: Uint8Array,
  result: Uint8Array,
  options: CreateOptions = {},
): Uint8Array<ArrayBuffer> {
  const { onProgress } = options;
  const parts: Uint8Array[] = [Uint8Array.of(NO_DATA_FORMAT)];
  const onStep = (step: MatchStep): void => {
    const extraStart = step.resultPosition + step.diffLength;
    const end = extraStart + step.extraLength;
    const diff = new Uint8Array(step.diffLength);
    subtractBytes(result.subarray(step.resultPosition, extraStart), base.subarray(step.basePosition), diff);
    parts.push(Uint8Array.from(encodeSize(diff.length)), diff);
    parts.push(Uint8Array.from(encodeSize(step.extraLength)), result.subarray(extraStart, end));
    // After the last step the position means nothing.
    parts.push(Uint8Array.from(encodeSize(end === result.length ? 0 : step.seek)));
  };
  const index = new SuffixIndex(base);
  onProgress?.(SORTED_SHARE);
  scanMatches(base, result, index, {
    onStep,
    onProgress: (scanned) => onProgress?.(SORTED_SHARE + ((1 - SORTED_SHARE) * scanned) / result.length),
  });
  onProgress?.(1);
  return concatenate(parts);
}
