import { MAX_SYMBOLS, RUN_A, RUN_B } from "./format.ts";

/** A block as the symbols that Huffman coding gets. */
export interface RankedBlock {
  readonly symbols: Uint16Array;
  /** How often each symbol occurs; as long as the alphabet. */
  readonly frequencies: Int32Array;
  /** 256 flags: which byte values occur. */
  readonly used: Uint8Array;
}

/**
 * Replaces each byte by its rank among the recently used ones (move to front), and runs of rank 0 by their
 * length in bijective base 2 with the digits RUN_A = 1 and RUN_B = 2, least significant first.
 * `buffer` holds the symbols: one more than the block has bytes.
 */
export function rankBlock(lastColumn: Uint8Array, buffer: Uint16Array): RankedBlock {
  const used = new Uint8Array(256);
  for (let i = 0; i < lastColumn.length; i++) used[lastColumn[i]!] = 1;
  const recent = new Uint8Array(256);
  let values = 0;
  for (let byte = 0; byte < 256; byte++) if (used[byte]) recent[values++] = byte;

  const frequencies = new Int32Array(MAX_SYMBOLS);
  let length = 0;
  let run = 0;
  for (let i = 0; i <= lastColumn.length; i++) {
    const atEnd = i === lastColumn.length;
    if (!atEnd && lastColumn[i] === recent[0]) {
      run++;
      continue;
    }
    for (; run > 0; run = (run - 1) >> 1) {
      const digit = run & 1 ? RUN_A : RUN_B;
      buffer[length++] = digit;
      frequencies[digit]!++;
    }
    if (atEnd) break;
    const symbol = moveToFront(recent, lastColumn[i]!) + 1;
    buffer[length++] = symbol;
    frequencies[symbol]!++;
  }
  const endOfBlock = values + 1;
  buffer[length++] = endOfBlock;
  frequencies[endOfBlock] = 1;
  return {
    symbols: buffer.subarray(0, length),
    frequencies: frequencies.subarray(0, values + 2),
    used,
  };
}

/** The rank of the byte, which is not the first, before it moves there. */
function moveToFront(recent: Uint8Array, byte: number): number {
  let carried = recent[0]!;
  recent[0] = byte;
  let rank = 0;
  do {
    rank++;
    const next = recent[rank]!;
    recent[rank] = carried;
    carried = next;
  } while (carried !== byte);
  return rank;
}
