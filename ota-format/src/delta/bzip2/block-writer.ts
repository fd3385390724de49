import type { BitWriter } from "./bit-writer.ts";
import { BLOCK_MAGIC, GROUP_SYMBOLS } from "./format.ts";
import type { RankedBlock } from "./rank-coder.ts";
import type { TableChoice } from "./table-choice.ts";

/** Everything a block of the file says. */
export interface CodedBlock {
  readonly crc: number;
  readonly origin: number;
  readonly ranked: RankedBlock;
  readonly choice: TableChoice;
}

export function writeBlock(writer: BitWriter, block: CodedBlock): void {
  for (const half of BLOCK_MAGIC) writer.write(half, 24);
  writer.writeU32(block.crc);
  writer.write(0, 1); // not randomised; bzip2 gave that up in 0.9.5
  writer.write(block.origin, 24);
  writeUsedBytes(writer, block.ranked.used);
  writeSelectors(writer, block.choice);
  for (const lengths of block.choice.tables) writeCodeLengths(writer, lengths);
  writeSymbols(writer, block.ranked.symbols, block.choice);
}

/** 16 flags for the 16 ranges of byte values, then 16 flags for each range in use. */
function writeUsedBytes(writer: BitWriter, used: Uint8Array): void {
  const ranges = Array.from({ length: 16 }, (_, range) => used.subarray(range * 16, range * 16 + 16));
  for (const range of ranges) writer.write(range.includes(1) ? 1 : 0, 1);
  for (const range of ranges) {
    if (range.includes(1)) for (const flag of range) writer.write(flag, 1);
  }
}

/** Each selector as its rank among the recently used ones, in unary. */
function writeSelectors(writer: BitWriter, { tables, selectors }: TableChoice): void {
  writer.write(tables.length, 3);
  writer.write(selectors.length, 15);
  const recent = [...tables.keys()];
  for (const selector of selectors) {
    const rank = recent.indexOf(selector);
    recent.splice(rank, 1);
    recent.unshift(selector);
    for (let i = 0; i < rank; i++) writer.write(1, 1);
    writer.write(0, 1);
  }
}

/** The first length, then for each symbol: 10 = one longer, 11 = one shorter, 0 = this is it. */
function writeCodeLengths(writer: BitWriter, lengths: Uint8Array): void {
  let current = lengths[0]!;
  writer.write(current, 5);
  for (const length of lengths) {
    for (; current < length; current++) writer.write(0b10, 2);
    for (; current > length; current--) writer.write(0b11, 2);
    writer.write(0, 1);
  }
}

function writeSymbols(writer: BitWriter, symbols: Uint16Array, { tables, selectors }: TableChoice): void {
  const tableCodes = tables.map(canonicalCodes);
  for (let group = 0, at = 0; group < selectors.length; group++) {
    const codes = tableCodes[selectors[group]!]!;
    const lengths = tables[selectors[group]!]!;
    const end = Math.min(at + GROUP_SYMBOLS, symbols.length);
    for (; at < end; at++) writer.write(codes[symbols[at]!]!, lengths[symbols[at]!]!);
  }
}

/** Codes in order of length, then of symbol. */
function canonicalCodes(lengths: Uint8Array): Int32Array {
  const codes = new Int32Array(lengths.length);
  let code = 0;
  for (let bits = 1; bits <= Math.max(...lengths); bits++) {
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] === bits) codes[symbol] = code++;
    }
    code <<= 1;
  }
  return codes;
}
