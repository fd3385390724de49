import { DeltaError } from "../delta-error.ts";
import type { InputWindow } from "./input-window.ts";

/** What a stream begins with: a zero, and the first code. */
export const RANGE_START_BYTES = 5;

const PROBABILITY_BITS = 11;
const PROBABILITY_ONE = 1 << PROBABILITY_BITS;
const ADAPT_SHIFT = 5;
/** Below this the range is widened by a byte of input. */
const LOW_RANGE = 2 ** 24;
const FULL_RANGE = 2 ** 32 - 1;

/**
 * LZMA's range decoder: bits under adaptive probabilities (of 0, in 1/2048). The code stays below the range,
 * and both below 2^32, so plain numbers hold them.
 * Source: lzma-specification.txt of the LZMA SDK.
 */
export class RangeDecoder {
  readonly probabilities: Uint16Array;
  readonly #input: InputWindow;
  range = FULL_RANGE;
  code = 0;

  constructor(probabilities: Uint16Array, input: InputWindow) {
    this.probabilities = probabilities;
    this.#input = input;
  }

  /** Takes the first 5 bytes of a stream. @throws {DeltaError} `bad-compression` */
  start(): void {
    this.probabilities.fill(PROBABILITY_ONE / 2);
    this.range = FULL_RANGE;
    this.code = 0;
    const first = this.#input.next();
    for (let i = 1; i < RANGE_START_BYTES; i++) this.code = this.code * 256 + this.#input.next();
    if (first !== 0 || this.code === FULL_RANGE) throw damaged();
  }

  bit(index: number): 0 | 1 {
    const probability = this.probabilities[index]!;
    const bound = (this.range >>> PROBABILITY_BITS) * probability;
    if (this.code < bound) {
      this.range = bound;
      this.probabilities[index] = probability + ((PROBABILITY_ONE - probability) >> ADAPT_SHIFT);
      this.#widen();
      return 0;
    }
    this.range -= bound;
    this.code -= bound;
    this.probabilities[index] = probability - (probability >> ADAPT_SHIFT);
    this.#widen();
    return 1;
  }

  /** A number of so many bits that are all equally likely, highest first. */
  directBits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      this.range >>>= 1;
      const bit = this.code >= this.range ? 1 : 0;
      if (bit === 1) this.code -= this.range;
      if (this.code >= this.range) throw damaged();
      this.#widen();
      value = value * 2 + bit;
    }
    return value;
  }

  /** A number of so many bits, highest first; the bits so far choose the probability of the next. */
  tree(offset: number, bits: number): number {
    let node = 1;
    for (let i = 0; i < bits; i++) node = node * 2 + this.bit(offset + node);
    return node - (1 << bits);
  }

  /** As {@link tree}, lowest bit first. */
  reverseTree(offset: number, bits: number): number {
    let node = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.bit(offset + node);
      node = node * 2 + bit;
      value |= bit << i;
    }
    return value;
  }

  #widen(): void {
    if (this.range >= LOW_RANGE) return;
    this.range *= 256;
    this.code = this.code * 256 + this.#input.next();
  }
}

function damaged(): DeltaError {
  return new DeltaError("bad-compression", "the LZMA stream of the patch is damaged");
}
