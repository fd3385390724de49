import { DeltaError } from "../delta-error.ts";
import type { BitReader } from "./bit-reader.ts";
import { GROUP_SYMBOLS, MAX_TABLES, MIN_TABLES, RUN_B } from "./format.ts";
import { HuffmanDecoder, readCodeLengths } from "./huffman-decoder.ts";

/**
 * Decodes the body of a block (what follows its CRC) into `links`: each entry is a byte of the block and, above
 * its 8 bits, the index of the entry with the next byte. Gives the number of bytes and the index to begin with.
 * @throws {DeltaError} `bad-compression` or `truncated`; never writes beyond `links`
 */
export function readBlock(reader: BitReader, links: Int32Array): { length: number; start: number } {
  if (reader.read(1) !== 0) {
    throw new DeltaError("bad-compression", "bzip2 block is randomised, which bzip2 gave up in 0.9.5");
  }
  const origin = reader.read(24);
  const recent = readUsedBytes(reader);
  const tableCount = reader.read(3);
  if (tableCount < MIN_TABLES || tableCount > MAX_TABLES) {
    throw new DeltaError("bad-compression", `bzip2 block has ${tableCount} Huffman tables, not 2 to 6`);
  }
  const selectors = readSelectors(reader, tableCount);
  const symbols = recent.length + 2;
  const tables = Array.from(
    { length: tableCount },
    () => new HuffmanDecoder(readCodeLengths(reader, symbols)),
  );
  const counts = new Int32Array(256);
  const length = readBytes(reader, { recent, selectors, tables }, links, counts);
  if (origin >= length) {
    throw new DeltaError("bad-compression", `bzip2 block of ${length} bytes begins at byte ${origin}`);
  }
  linkBytes(links, length, counts);
  return { length, start: links[origin]! >> 8 };
}

function readUsedBytes(reader: BitReader): Uint8Array {
  const ranges = reader.read(16);
  const used: number[] = [];
  for (let range = 0; range < 16; range++) {
    if (((ranges << range) & 0x8000) === 0) continue;
    const flags = reader.read(16);
    for (let bit = 0; bit < 16; bit++) if ((flags << bit) & 0x8000) used.push(range * 16 + bit);
  }
  if (used.length === 0) throw new DeltaError("bad-compression", "bzip2 block uses no byte value");
  return Uint8Array.from(used);
}

function readSelectors(reader: BitReader, tableCount: number): Uint8Array {
  const selectors = new Uint8Array(reader.read(15));
  const recent = Array.from({ length: tableCount }, (_, table) => table);
  for (let group = 0; group < selectors.length; group++) {
    let rank = 0;
    while (reader.read(1) === 1) {
      if (++rank >= tableCount) {
        throw new DeltaError("bad-compression", `bzip2 block selects a table beyond ${tableCount}`);
      }
    }
    const [table] = recent.splice(rank, 1);
    recent.unshift(table!);
    selectors[group] = table!;
  }
  return selectors;
}

interface BlockCode {
  readonly recent: Uint8Array;
  readonly selectors: Uint8Array;
  readonly tables: readonly HuffmanDecoder[];
}

/** Undoes Huffman coding, zero runs and move to front; counts how often each byte occurs. */
function readBytes(reader: BitReader, code: BlockCode, links: Int32Array, counts: Int32Array): number {
  const { recent, selectors, tables } = code;
  const endOfBlock = recent.length + 1;
  let length = 0;
  let run = 0;
  let digit = 1; // of the run, in bijective base 2
  for (const selector of selectors) {
    const table = tables[selector]!;
    for (let i = 0; i < GROUP_SYMBOLS; i++) {
      const symbol = table.read(reader);
      if (symbol <= RUN_B) {
        run += digit << symbol;
        digit *= 2;
        if (run > links.length - length) throw tooLong(links.length);
        continue;
      }
      if (run > 0) {
        counts[recent[0]!]! += run;
        links.fill(recent[0]!, length, length + run);
        length += run;
        run = 0;
        digit = 1;
      }
      if (symbol === endOfBlock) return length;
      if (length === links.length) throw tooLong(links.length);
      const byte = recent[symbol - 1]!;
      for (let rank = symbol - 1; rank > 0; rank--) recent[rank] = recent[rank - 1]!;
      recent[0] = byte;
      counts[byte]!++;
      links[length++] = byte;
    }
  }
  throw new DeltaError("bad-compression", `bzip2 block does not end after ${selectors.length} groups`);
}

function tooLong(limit: number): DeltaError {
  return new DeltaError("bad-compression", `bzip2 block is longer than the ${limit} bytes announced`);
}

/** Undoes the Burrows-Wheeler transform: the n-th of a byte in the last column is the n-th in the first. */
function linkBytes(links: Int32Array, length: number, counts: Int32Array): void {
  let total = 0;
  for (let byte = 0; byte < 256; byte++) {
    const count = counts[byte]!;
    counts[byte] = total;
    total += count;
  }
  for (let row = 0; row < length; row++) links[counts[links[row]! & 0xff]!++]! |= row << 8;
}
