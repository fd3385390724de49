import { sortSuffixes } from "./suffix-array.ts";

const PAIRS = 0x1_0000;

/** The longest match of a query in the base: `length` bytes at `position`. Reused between queries. */
export interface Match {
  position: number;
  length: number;
}

/**
 * Finds the longest match of any text in the base, by binary search over the sorted suffixes.
 * Memory: 4 bytes per byte of the base, while sorting up to 7, and 256 KiB.
 */
export class SuffixIndex {
  readonly #base: Uint8Array;
  readonly #order: Int32Array;
  /** Where the suffixes beginning with each pair of bytes start; one entry more for the end. */
  readonly #pairStarts: Int32Array;

  constructor(base: Uint8Array) {
    this.#base = base;
    this.#order = sortSuffixes(base);
    this.#pairStarts = startsOfPairs(base);
  }

  /**
   * The longest match is one of the two neighbours of the place where `result[at..]` would sort in; of equal
   * lengths the upper one wins, as in bsdiff 4.3, so that both make the same choices.
   */
  longestMatch(result: Uint8Array, at: number, match: Match): void {
    const base = this.#base;
    const order = this.#order;
    const pair = at + 1 < result.length ? (result[at]! << 8) | result[at + 1]! : result[at]! << 8;
    let low = this.#pairStarts[pair]! - 1;
    let high = at + 1 < result.length ? this.#pairStarts[pair + 1]! : low + 1;
    let lowLength = -1;
    let highLength = -1;

    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      const suffix = order[middle]!;
      // All suffixes between two with a common beginning share it; within a pair that is two bytes.
      let length = lowLength < highLength ? lowLength : highLength;
      if (length < 2) length = 2;
      const limit = Math.min(base.length - suffix, result.length - at);
      while (length < limit && base[suffix + length] === result[at + length]) length++;
      const less =
        length < limit ? base[suffix + length]! < result[at + length]! : at + length < result.length;
      if (less) {
        low = middle;
        lowLength = length;
      } else {
        high = middle;
        highLength = length;
      }
    }
    if (lowLength < 0) lowLength = low < 0 ? 0 : commonLength(base, order[low]!, result, at);
    if (highLength < 0) highLength = high >= order.length ? 0 : commonLength(base, order[high]!, result, at);
    const useLow = lowLength > highLength || high >= order.length;
    match.position = useLow ? (order[low] ?? 0) : order[high]!;
    match.length = useLow ? lowLength : highLength;
  }
}

function commonLength(base: Uint8Array, suffix: number, result: Uint8Array, at: number): number {
  const limit = Math.min(base.length - suffix, result.length - at);
  let length = 0;
  while (length < limit && base[suffix + length] === result[at + length]) length++;
  return length;
}

function startsOfPairs(base: Uint8Array): Int32Array {
  const starts = new Int32Array(PAIRS + 1);
  for (let i = 0; i + 1 < base.length; i++) starts[((base[i]! << 8) | base[i + 1]!) + 1]!++;
  // The last byte is a suffix of one byte and sorts before all pairs that begin with it.
  if (base.length > 0) starts[base.at(-1)! << 8]!++;
  for (let pair = 0; pair < PAIRS; pair++) starts[pair + 1]! += starts[pair]!;
  return starts;
}
