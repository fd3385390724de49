import { DeltaError } from "../delta-error.ts";
import type { InputWindow } from "./input-window.ts";
import type { LzmaProperties } from "./lzma-header.ts";
import {
  ALIGN_BITS,
  END_MODEL_SLOT,
  FIRST_MODEL_SLOT,
  LENGTH_CLASSES,
  LENGTH_HIGH_BITS,
  LENGTH_LOW_BITS,
  LITERAL_MODEL,
  SLOT_BITS,
  layOutModel,
} from "./lzma-model.ts";
import type { LengthModel, LzmaModel } from "./lzma-model.ts";
import { RangeDecoder } from "./range-decoder.ts";

const MIN_MATCH = 2;
const END_MARKER = 0xffff_ffff;

/** A match has at most 22 modelled bits, each worth up to 6.1, and 26 direct ones. */
export const MAX_SYMBOL_BYTES = 20;

/** The 12 states tell what came last: below 7 a literal; after what kind of match follows is in the names. */
const FIRST_STATE_AFTER_MATCH = 7;
const STATE_AFTER_LITERAL = [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 4, 5];
const afterMatch = (state: number): number => (state < FIRST_STATE_AFTER_MATCH ? 7 : 10);
const afterRepeat = (state: number): number => (state < FIRST_STATE_AFTER_MATCH ? 8 : 11);
const afterShortRepeat = (state: number): number => (state < FIRST_STATE_AFTER_MATCH ? 9 : 11);

/**
 * Decodes an LZMA stream symbol by symbol; each gives 1 to 273 bytes to `emit`, and takes at most
 * {@link MAX_SYMBOL_BYTES} of input. All memory is allocated at once, for the largest properties allowed.
 * Source: lzma-specification.txt of the LZMA SDK.
 */
export class LzmaDecoder {
  readonly dictionary: Uint8Array;
  readonly probabilities: Uint16Array;
  readonly #range: RangeDecoder;
  readonly #emit: (byte: number) => void;
  #properties: LzmaProperties;
  #model: LzmaModel;
  #state = 0;
  #distances: [number, number, number, number] = [0, 0, 0, 0];
  #total = 0;

  constructor(limits: LzmaProperties, input: InputWindow, emit: (byte: number) => void) {
    this.#properties = limits;
    this.#model = layOutModel(limits);
    this.dictionary = new Uint8Array(limits.dictionaryBytes);
    this.probabilities = new Uint16Array(this.#model.size);
    this.#range = new RangeDecoder(this.probabilities, input);
    this.#emit = emit;
  }

  /** Begins a stream with these properties, which must be within the limits. */
  start(properties: LzmaProperties): void {
    this.#properties = properties;
    this.#model = layOutModel(properties);
    this.#range.start();
    this.#state = 0;
    this.#distances = [0, 0, 0, 0];
    this.#total = 0;
  }

  /** False for the end marker. @throws {DeltaError} `bad-compression` or `truncated` */
  decodeSymbol(): boolean {
    const range = this.#range;
    const model = this.#model;
    const state = this.#state;
    const position = this.#total & ((1 << this.#properties.positionBits) - 1);
    const matchIndex = (state << this.#properties.positionBits) + position;
    if (range.bit(model.isMatch + matchIndex) === 0) {
      this.#decodeLiteral();
      return true;
    }
    if (range.bit(model.isRepeat + state) === 0) {
      const length = this.#decodeLength(model.matchLength, position);
      const distance = this.#decodeDistance(length);
      if (distance === END_MARKER) return this.#end();
      this.#distances = [distance, this.#distances[0], this.#distances[1], this.#distances[2]];
      this.#state = afterMatch(state);
      this.#copy(length);
      return true;
    }
    if (range.bit(model.isRepeat0 + state) === 0) {
      if (range.bit(model.isLongRepeat0 + matchIndex) === 0) {
        this.#state = afterShortRepeat(state);
        this.#copy(1);
        return true;
      }
    } else {
      this.#useOlderDistance(state);
    }
    const length = this.#decodeLength(model.repeatLength, position);
    this.#state = afterRepeat(state);
    this.#copy(length);
    return true;
  }

  /** Everything but the two arrays, as unsigned 32-bit numbers. */
  get registers(): number[] {
    const { literalContextBits, literalPositionBits, positionBits, dictionaryBytes } = this.#properties;
    const { range, code } = this.#range;
    return [
      literalContextBits,
      literalPositionBits,
      positionBits,
      dictionaryBytes,
      range,
      code,
      this.#state,
      ...this.#distances,
      this.#total,
    ];
  }

  set registers(values: readonly number[]) {
    const [lc, lp, pb, dictionaryBytes, range, code, state, d0, d1, d2, d3, total] = values;
    this.#properties = {
      literalContextBits: lc!,
      literalPositionBits: lp!,
      positionBits: pb!,
      dictionaryBytes: dictionaryBytes!,
    };
    this.#model = layOutModel(this.#properties);
    this.#range.range = range!;
    this.#range.code = code!;
    this.#state = state!;
    this.#distances = [d0!, d1!, d2!, d3!];
    this.#total = total!;
  }

  #decodeLiteral(): void {
    const { literalContextBits, literalPositionBits } = this.#properties;
    const range = this.#range;
    const previous = this.#total === 0 ? 0 : this.#back(0);
    const context =
      ((this.#total & ((1 << literalPositionBits) - 1)) << literalContextBits) |
      (previous >> (8 - literalContextBits));
    const offset = this.#model.literals + LITERAL_MODEL * context;
    let node = 1;
    if (this.#state >= FIRST_STATE_AFTER_MATCH) {
      // The byte that the match would have gone on with is wrong, but not in every bit.
      let expected = this.#back(this.#checked(this.#distances[0]));
      while (node < 0x100) {
        const expectedBit = (expected >> 7) & 1;
        expected <<= 1;
        const bit = range.bit(offset + ((1 + expectedBit) << 8) + node);
        node = (node << 1) | bit;
        if (bit !== expectedBit) break;
      }
    }
    while (node < 0x100) node = (node << 1) | range.bit(offset + node);
    this.#state = STATE_AFTER_LITERAL[this.#state]!;
    this.#put(node & 0xff);
  }

  #decodeLength(model: LengthModel, position: number): number {
    const range = this.#range;
    const group = position << LENGTH_LOW_BITS;
    if (range.bit(model.choice) === 0) return MIN_MATCH + range.tree(model.low + group, LENGTH_LOW_BITS);
    if (range.bit(model.choice + 1) === 0) {
      return MIN_MATCH + 8 + range.tree(model.middle + group, LENGTH_LOW_BITS);
    }
    return MIN_MATCH + 16 + range.tree(model.high, LENGTH_HIGH_BITS);
  }

  /** The distance less one. A slot gives its two highest bits and how many follow. */
  #decodeDistance(length: number): number {
    const range = this.#range;
    const lengthClass = Math.min(length - MIN_MATCH, LENGTH_CLASSES - 1);
    const slot = range.tree(this.#model.slots + (lengthClass << SLOT_BITS), SLOT_BITS);
    if (slot < FIRST_MODEL_SLOT) return slot;
    const lowBits = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) * 2 ** lowBits;
    if (slot < END_MODEL_SLOT) {
      return base + range.reverseTree(this.#model.specialDistances + base - slot, lowBits);
    }
    const middle = range.directBits(lowBits - ALIGN_BITS) * (1 << ALIGN_BITS);
    return base + middle + range.reverseTree(this.#model.align, ALIGN_BITS);
  }

  /** One of the three distances before the last becomes the last. */
  #useOlderDistance(state: number): void {
    const [d0, d1, d2, d3] = this.#distances;
    if (this.#range.bit(this.#model.isRepeat1 + state) === 0) this.#distances = [d1, d0, d2, d3];
    else if (this.#range.bit(this.#model.isRepeat2 + state) === 0) this.#distances = [d2, d0, d1, d3];
    else this.#distances = [d3, d0, d1, d2];
  }

  #copy(length: number): void {
    const distance = this.#checked(this.#distances[0]);
    for (let i = 0; i < length; i++) this.#put(this.#back(distance));
  }

  #checked(distance: number): number {
    const known = Math.min(this.#total, this.#properties.dictionaryBytes);
    if (distance < known) return distance;
    throw new DeltaError(
      "bad-compression",
      `the LZMA stream of the patch refers ${distance + 1} bytes back where ${known} are known`,
    );
  }

  /** The byte that was emitted `distance` bytes before the last. */
  #back(distance: number): number {
    const at = (this.#total - 1 - distance) % this.dictionary.length;
    return this.dictionary[at]!;
  }

  #put(byte: number): void {
    this.dictionary[this.#total % this.dictionary.length] = byte;
    this.#total++;
    this.#emit(byte);
  }

  #end(): false {
    if (this.#range.code !== 0) {
      throw new DeltaError("bad-compression", "the LZMA stream of the patch ends in the wrong place");
    }
    return false;
  }
}
