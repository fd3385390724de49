import { sortSuffixesInto } from "../suffix-array.ts";

/** A block after the Burrows-Wheeler transform. */
export interface SortedBlock {
  /** The byte before each rotation, in the order of the rotations. */
  readonly lastColumn: Uint8Array;
  /** The row of the rotation that is the block itself. */
  readonly origin: number;
}

/**
 * Sorts all rotations of the block, in linear time whatever it contains.
 *
 * Suffixes and rotations of a text sort alike if the text is its own least rotation (a Lyndon word or a power
 * of one), so the block is turned to begin there first.
 */
export function sortBlock(block: Uint8Array, order: Int32Array): SortedBlock {
  const length = block.length;
  const start = leastRotation(block);
  const turned = new Uint8Array(length);
  turned.set(block.subarray(start));
  turned.set(block.subarray(0, start), length - start);
  const rotations = order.subarray(0, length);
  sortSuffixesInto(turned, 256, rotations);

  const lastColumn = new Uint8Array(length);
  const first = start === 0 ? 0 : length - start; // where the block's own beginning went
  let origin = 0;
  for (let row = 0; row < length; row++) {
    const rotation = rotations[row]!;
    lastColumn[row] = turned[rotation === 0 ? length - 1 : rotation - 1]!;
    if (rotation === first) origin = row;
  }
  return { lastColumn, origin };
}

/** Where the lexicographically least rotation starts; two candidates race, at most 3 steps per byte. */
function leastRotation(block: Uint8Array): number {
  const length = block.length;
  let a = 0;
  let b = 1;
  let same = 0;
  while (a < length && b < length && same < length) {
    const byteA = block[a + same < length ? a + same : a + same - length]!;
    const byteB = block[b + same < length ? b + same : b + same - length]!;
    if (byteA === byteB) {
      same++;
      continue;
    }
    if (byteA > byteB) a += same + 1;
    else b += same + 1;
    if (a === b) b++;
    same = 0;
  }
  return Math.min(a, b);
}
