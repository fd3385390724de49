import { updateCrc, CRC_START, finishCrc } from "./crc32.ts";
import { BLOCK_UNIT_BYTES, MAX_RUN_BYTES, RUN_MARK_BYTES } from "./format.ts";

const LEVEL = 9;
const FULL_BYTES = LEVEL * BLOCK_UNIT_BYTES - 19; // where libbz2 ends a block
const BLOCK_CAPACITY = FULL_BYTES + RUN_MARK_BYTES + 1; // the last run may overshoot

/** Cuts the input into blocks and codes runs of four and more equal bytes as four and a count. */
export class BlockSource {
  readonly #input: Uint8Array;
  readonly #block: Uint8Array;
  #position = 0;
  #crc = 0;

  constructor(input: Uint8Array) {
    this.#input = input;
    // A run of four grows to five bytes.
    this.#block = new Uint8Array(Math.min(BLOCK_CAPACITY, input.length + (input.length >> 2) + 1));
  }

  /** How much of the input has been taken. */
  get position(): number {
    return this.#position;
  }

  /** CRC of the input bytes of the block last taken. */
  get crc(): number {
    return this.#crc;
  }

  /** The next block, valid until the next call; empty at the end. */
  take(): Uint8Array {
    const input = this.#input;
    const block = this.#block;
    const start = this.#position;
    let position = start;
    let length = 0;
    while (position < input.length && length < FULL_BYTES) {
      const byte = input[position]!;
      const limit = Math.min(position + MAX_RUN_BYTES, input.length);
      let end = position + 1;
      while (end < limit && input[end] === byte) end++;
      const run = end - position;
      position = end;
      block[length++] = byte;
      if (run > 1) block[length++] = byte;
      if (run > 2) block[length++] = byte;
      if (run >= RUN_MARK_BYTES) {
        block[length++] = byte;
        block[length++] = run - RUN_MARK_BYTES;
      }
    }
    this.#position = position;
    this.#crc = finishCrc(updateCrc(CRC_START, input, start, position));
    return block.subarray(0, length);
  }
}
