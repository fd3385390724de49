import { DeltaError } from "../delta-error.ts";
import type { BitReader } from "./bit-reader.ts";

const MAX_CODE_BITS = 20;
/** Codes up to this long are looked up at once; longer ones are rare. */
const FAST_BITS = 10;
const LENGTH_BITS = 5;
const LENGTH_MASK = (1 << LENGTH_BITS) - 1;

/** Decodes one canonical Huffman code. */
export class HuffmanDecoder {
  /** For every beginning of 10 bits: symbol and code length, or 0 where the code is longer. */
  readonly #fast = new Uint16Array(1 << FAST_BITS);
  /** Behind the last code of each length, shifted to 20 bits. */
  readonly #limits = new Int32Array(MAX_CODE_BITS + 1);
  /** What to add to a code of each length to get its place in `#symbols`. */
  readonly #offsets = new Int32Array(MAX_CODE_BITS + 1);
  readonly #symbols: Uint16Array;

  /** @throws {DeltaError} `bad-compression` where more codes are claimed than exist */
  constructor(lengths: Uint8Array) {
    this.#symbols = new Uint16Array(lengths.length);
    let code = 0;
    let count = 0;
    for (let bits = 1; bits <= MAX_CODE_BITS; bits++) {
      this.#offsets[bits] = count - code;
      for (let symbol = 0; symbol < lengths.length; symbol++) {
        if (lengths[symbol] !== bits) continue;
        this.#symbols[count++] = symbol;
        if (bits <= FAST_BITS) this.#fillFast(code, bits, symbol);
        code++;
      }
      if (code > 1 << bits) throw new DeltaError("bad-compression", "bzip2 Huffman table has too many codes");
      this.#limits[bits] = code << (MAX_CODE_BITS - bits);
      code <<= 1;
    }
  }

  /** The next symbol. @throws {DeltaError} `bad-compression`, `truncated` */
  read(reader: BitReader): number {
    const fast = this.#fast[reader.peek(FAST_BITS)]!;
    if (fast !== 0) {
      reader.skip(fast & LENGTH_MASK);
      return fast >> LENGTH_BITS;
    }
    const ahead = reader.peek(MAX_CODE_BITS);
    let bits = FAST_BITS + 1;
    while (bits <= MAX_CODE_BITS && ahead >= this.#limits[bits]!) bits++;
    if (bits > MAX_CODE_BITS) throw new DeltaError("bad-compression", "bzip2 block has an unassigned code");
    reader.skip(bits);
    return this.#symbols[(ahead >> (MAX_CODE_BITS - bits)) + this.#offsets[bits]!]!;
  }

  #fillFast(code: number, bits: number, symbol: number): void {
    const first = code << (FAST_BITS - bits);
    this.#fast.fill((symbol << LENGTH_BITS) | bits, first, first + (1 << (FAST_BITS - bits)));
  }
}

/** Reads the lengths that {@link HuffmanDecoder} takes. @throws {DeltaError} `bad-compression`, `truncated` */
export function readCodeLengths(reader: BitReader, symbols: number): Uint8Array {
  const lengths = new Uint8Array(symbols);
  let current = reader.read(5);
  for (let symbol = 0; symbol < symbols; symbol++) {
    while (reader.read(1) === 1) {
      current += reader.read(1) === 0 ? 1 : -1;
      if (current < 1 || current > MAX_CODE_BITS) break;
    }
    if (current < 1 || current > MAX_CODE_BITS) {
      throw new DeltaError("bad-compression", `bzip2 code length ${current} is not in 1..${MAX_CODE_BITS}`);
    }
    lengths[symbol] = current;
  }
  return lengths;
}
