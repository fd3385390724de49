import { concatenate, subtractBytes } from "./bytes.ts";
import { compressBzip2 } from "./bzip2/compress.ts";
import { encodeHeader, OFFSET_BYTES, writeOffset } from "./bsdiff40-header.ts";
import { scanMatches } from "./match-scan.ts";
import type { MatchStep } from "./match-scan.ts";
import { SuffixIndex } from "./suffix-index.ts";

export interface CreateOptions {
  /** Called with a share from 0 to 1, a few hundred times at most per megabyte. */
  readonly onProgress?: (share: number) => void;
}

/** How the time divides, roughly: sorting, scanning, compressing. */
const SORTED_SHARE = 0.35;
const SCANNED_SHARE = 0.8;

/**
 * The patch that makes `result` from `base`, as bsdiff 4.3 does. Any base and any result will do, empty ones
 * too. Memory beside the two: 7 bytes per byte of base while sorting, then 4 and 2 per byte of result, and
 * 10 MB; bsdiff takes 17 per byte of base.
 */
export function createBsdiff40(
  base: Uint8Array,
  result: Uint8Array,
  options: CreateOptions = {},
): Uint8Array<ArrayBuffer> {
  const { onProgress } = options;
  const { control, diff, extra } = scan(base, result, onProgress);
  const total = control.length + diff.length + extra.length;
  let taken = 0;
  const [controlStream, diffStream, extraStream] = [control, diff, extra].map((part) => {
    const compressed = compressBzip2(part, (bytes) =>
      onProgress?.(SCANNED_SHARE + ((1 - SCANNED_SHARE) * (taken + bytes)) / total),
    );
    taken += part.length;
    return compressed;
  }) as [Uint8Array, Uint8Array, Uint8Array];
  const header = encodeHeader({
    controlBytes: controlStream.length,
    diffBytes: diffStream.length,
    extraBytes: extraStream.length,
    resultBytes: result.length,
  });
  return concatenate([header, controlStream, diffStream, extraStream]);
}

/** The three parts of a patch before they are compressed. */
function scan(
  base: Uint8Array,
  result: Uint8Array,
  onProgress: CreateOptions["onProgress"],
): { control: Uint8Array; diff: Uint8Array; extra: Uint8Array } {
  const index = new SuffixIndex(base);
  onProgress?.(SORTED_SHARE);
  const diff = new Uint8Array(result.length);
  const extra = new Uint8Array(result.length);
  let diffLength = 0;
  let extraLength = 0;
  const offsets: number[] = [];
  const onStep = (step: MatchStep): void => {
    const extraStart = step.resultPosition + step.diffLength;
    subtractBytes(
      result.subarray(step.resultPosition, extraStart),
      base.subarray(step.basePosition),
      diff.subarray(diffLength, diffLength + step.diffLength),
    );
    extra.set(result.subarray(extraStart, extraStart + step.extraLength), extraLength);
    diffLength += step.diffLength;
    extraLength += step.extraLength;
    offsets.push(step.diffLength, step.extraLength, step.seek);
  };
  scanMatches(base, result, index, {
    onStep,
    onProgress: (scanned) =>
      onProgress?.(SORTED_SHARE + ((SCANNED_SHARE - SORTED_SHARE) * scanned) / result.length),
  });
  const control = new Uint8Array(offsets.length * OFFSET_BYTES);
  offsets.forEach((offset, i) => writeOffset(offset, control, i * OFFSET_BYTES));
  return { control, diff: diff.subarray(0, diffLength), extra: extra.subarray(0, extraLength) };
}
