import type { Match, SuffixIndex } from "./suffix-index.ts";

/** A new match must agree in more than this many bytes beyond what going on with the old one gives. */
const WORTHWHILE_BYTES = 8;

/**
 * `diffLength` bytes of the result at `resultPosition` resemble the base at `basePosition`; the `extraLength`
 * bytes that follow resemble nothing. Then the base pointer, now behind the resembling bytes, moves by `seek`.
 */
export interface MatchStep {
  readonly resultPosition: number;
  readonly basePosition: number;
  readonly diffLength: number;
  readonly extraLength: number;
  readonly seek: number;
}

/** The steps come in the order of the result and cover all of it. */
export interface MatchListener {
  onStep(step: MatchStep): void;
  onProgress?(scannedBytes: number): void;
}

const PROGRESS_EVERY_BYTES = 0x1_0000;

/**
 * Walks the result and cuts it into pieces that resemble pieces of the base, even with differences inside.
 * Source: Percival, "Naive Differences of Executable Code", 2003; makes the choices of bsdiff 4.3.
 */
export function scanMatches(
  base: Uint8Array,
  result: Uint8Array,
  index: SuffixIndex,
  listener: MatchListener,
): void {
  const match: Match = { position: 0, length: 0 };
  let scan = 0;
  let lastScan = 0;
  let lastPosition = 0;
  let lastOffset = 0;
  let nextProgress = PROGRESS_EVERY_BYTES;

  while (scan < result.length) {
    let oldScore = 0; // bytes from scan to scored that agree when the last match simply goes on
    scan += match.length;
    const scoreEnd = base.length - lastOffset; // reads past an array's end are slow
    for (let scored = scan; scan < result.length; scan++) {
      if (scan >= nextProgress) {
        listener.onProgress?.(scan);
        nextProgress = scan + PROGRESS_EVERY_BYTES;
      }
      index.longestMatch(result, scan, match);
      for (; scored < scan + match.length; scored++) {
        if (scored < scoreEnd && base[scored + lastOffset] === result[scored]) oldScore++;
      }
      if (match.length === oldScore && match.length !== 0) break;
      if (match.length > oldScore + WORTHWHILE_BYTES) break;
      if (scan < scoreEnd && base[scan + lastOffset] === result[scan]) oldScore--;
    }
    if (match.length === oldScore && scan !== result.length) continue;

    let forward = extendForward(base, result, lastPosition, lastScan, scan);
    let backward = scan < result.length ? extendBackward(base, result, match.position, lastScan, scan) : 0;
    const overlap = lastScan + forward - (scan - backward);
    if (overlap > 0) {
      const kept = splitOverlap(base, result, {
        resultPosition: lastScan + forward - overlap,
        forwardPosition: lastPosition + forward - overlap,
        backwardPosition: match.position - backward,
        length: overlap,
      });
      forward += kept - overlap;
      backward -= kept;
    }
    const extra = scan - backward - (lastScan + forward);
    const seek = match.position - backward - (lastPosition + forward);
    listener.onStep({
      resultPosition: lastScan,
      basePosition: lastPosition,
      diffLength: forward,
      extraLength: extra,
      seek,
    });
    lastScan = scan - backward;
    lastPosition = match.position - backward;
    lastOffset = match.position - scan;
  }
}

/** How far the last match is best carried on: where agreements outweigh differences most. */
function extendForward(
  base: Uint8Array,
  result: Uint8Array,
  basePosition: number,
  resultPosition: number,
  resultEnd: number,
): number {
  const limit = Math.min(resultEnd - resultPosition, base.length - basePosition);
  let agreed = 0;
  let best = 0;
  let length = 0;
  for (let i = 0; i < limit;) {
    if (base[basePosition + i] === result[resultPosition + i]) agreed++;
    i++;
    if (agreed * 2 - i > best * 2 - length) {
      best = agreed;
      length = i;
    }
  }
  return length;
}

/** As {@link extendForward}, from the new match towards lower addresses. */
function extendBackward(
  base: Uint8Array,
  result: Uint8Array,
  basePosition: number,
  resultStart: number,
  resultPosition: number,
): number {
  const limit = Math.min(resultPosition - resultStart, basePosition);
  let agreed = 0;
  let best = 0;
  let length = 0;
  for (let i = 1; i <= limit; i++) {
    if (base[basePosition - i] === result[resultPosition - i]) agreed++;
    if (agreed * 2 - i > best * 2 - length) {
      best = agreed;
      length = i;
    }
  }
  return length;
}

/** How many of the bytes that both matches claim go to the earlier one. */
function splitOverlap(
  base: Uint8Array,
  result: Uint8Array,
  claim: { resultPosition: number; forwardPosition: number; backwardPosition: number; length: number },
): number {
  let score = 0;
  let best = 0;
  let kept = 0;
  for (let i = 0; i < claim.length; i++) {
    const byte = result[claim.resultPosition + i];
    if (base[claim.forwardPosition + i] === byte) score++;
    if (base[claim.backwardPosition + i] === byte) score--;
    if (score > best) {
      best = score;
      kept = i + 1;
    }
  }
  return kept;
}
