import type { LzmaProperties } from "./lzma-header.ts";
import { ALIGN_BITS, LENGTH_LOW_BITS, LITERAL_MODEL, layOutModel, SLOT_BITS } from "./lzma-model.ts";

/** For tests: the least LZMA encoder, which writes every byte as a literal and then the end marker. */
export function encodeLiterals(bytes: Uint8Array, properties: LzmaProperties): Uint8Array {
  const model = layOutModel(properties);
  const range = new RangeEncoder(model.size);
  const { literalContextBits, literalPositionBits, positionBits } = properties;
  let previous = 0;
  bytes.forEach((byte, position) => {
    range.bit(model.isMatch + (position & ((1 << positionBits) - 1)), 0);
    const context =
      ((position & ((1 << literalPositionBits) - 1)) << literalContextBits) |
      (previous >> (8 - literalContextBits));
    range.tree(model.literals + LITERAL_MODEL * context, 8, byte);
    previous = byte;
  });
  const position = bytes.length & ((1 << positionBits) - 1);
  range.bit(model.isMatch + position, 1);
  range.bit(model.isRepeat, 0);
  range.bit(model.matchLength.choice, 0);
  range.tree(model.matchLength.low + (position << LENGTH_LOW_BITS), LENGTH_LOW_BITS, 0);
  range.tree(model.slots, SLOT_BITS, 0x3f);
  range.directOnes(26);
  range.tree(model.align, ALIGN_BITS, 0xf); // all ones: the order of the bits does not matter
  return range.finish();
}

/** The counterpart of {@link RangeDecoder}. */
class RangeEncoder {
  readonly #probabilities: Uint16Array;
  readonly #bytes: number[] = [];
  #low = 0;
  #range = 2 ** 32 - 1;
  #held = [0]; // a byte that a carry may still change, and the FFs behind it

  constructor(probabilityCount: number) {
    this.#probabilities = new Uint16Array(probabilityCount).fill(1024);
  }

  bit(index: number, bit: number): void {
    const probability = this.#probabilities[index]!;
    const bound = (this.#range >>> 11) * probability;
    if (bit === 0) {
      this.#range = bound;
      this.#probabilities[index] = probability + ((2048 - probability) >> 5);
    } else {
      this.#low += bound;
      this.#range -= bound;
      this.#probabilities[index] = probability - (probability >> 5);
    }
    this.#widen();
  }

  tree(offset: number, bits: number, value: number): void {
    for (let shift = bits - 1, node = 1; shift >= 0; shift--) {
      const bit = (value >> shift) & 1;
      this.bit(offset + node, bit);
      node = (node << 1) | bit;
    }
  }

  directOnes(count: number): void {
    for (let i = 0; i < count; i++) {
      this.#range >>>= 1;
      this.#low += this.#range;
      this.#widen();
    }
  }

  finish(): Uint8Array {
    for (let i = 0; i < 5; i++) this.#shift();
    return Uint8Array.from(this.#bytes);
  }

  #widen(): void {
    if (this.#range >= 2 ** 24) return;
    this.#range *= 256;
    this.#shift();
  }

  #shift(): void {
    const carry = Math.floor(this.#low / 2 ** 32);
    const top = Math.floor(this.#low / 2 ** 24) % 256;
    if (carry === 1 || top < 0xff) {
      this.#bytes.push(...this.#held.map((byte) => (byte + carry) & 0xff));
      this.#held = [];
    }
    this.#held.push(top);
    this.#low = (this.#low % 2 ** 24) * 256;
  }
}
