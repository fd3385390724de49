/** Facts of the bzip2 file format; there is no standard, bzip2 1.0 is the reference. */

/** "BZh9": blocks of up to 900,000 bytes, after run-length coding. */
export const STREAM_MAGIC = [0x42, 0x5a, 0x68] as const;
export const BLOCK_UNIT_BYTES = 100_000;
export const BLOCK_MAGIC = [0x314159, 0x265359] as const; // the digits of pi, in two times 24 bits
export const END_MAGIC = [0x177245, 0x385090] as const; // those of its square root

/** A new Huffman table may be selected every so many symbols. */
export const GROUP_SYMBOLS = 50;
export const MIN_TABLES = 2;
export const MAX_TABLES = 6;
/** Two run symbols in place of zero, the 255 other ranks, and the end of the block. */
export const MAX_SYMBOLS = 258;
export const RUN_A = 0;
export const RUN_B = 1;

/** A run of this many equal bytes is followed by a count of 0 to 251 further ones. */
export const RUN_MARK_BYTES = 4;
export const MAX_RUN_BYTES = 255;
