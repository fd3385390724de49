import type { LzmaProperties } from "./lzma-header.ts";

export const STATES = 12;
export const LITERAL_MODEL = 0x300;
export const LENGTH_LOW_BITS = 3;
export const LENGTH_HIGH_BITS = 8;
export const SLOT_BITS = 6;
export const LENGTH_CLASSES = 4;
export const ALIGN_BITS = 4;
/** Slots from 4 to 13 have models of their own for the low bits of the distance. */
export const FIRST_MODEL_SLOT = 4;
export const END_MODEL_SLOT = 14;
const SPECIAL_DISTANCES = 1 + 128 - END_MODEL_SLOT;

/** Where each group of probabilities starts in the one array of them. */
export interface LzmaModel {
  readonly isMatch: number;
  readonly isRepeat: number;
  readonly isRepeat0: number;
  readonly isRepeat1: number;
  readonly isRepeat2: number;
  readonly isLongRepeat0: number;
  readonly slots: number;
  readonly specialDistances: number;
  readonly align: number;
  readonly matchLength: LengthModel;
  readonly repeatLength: LengthModel;
  readonly literals: number;
  /** How many probabilities there are; two bytes each. */
  readonly size: number;
}

export interface LengthModel {
  readonly choice: number;
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

export function layOutModel(properties: LzmaProperties): LzmaModel {
  const positions = 1 << properties.positionBits;
  let size = 0;
  const take = (count: number): number => (size += count) - count;
  const takeLength = (): LengthModel => ({
    choice: take(2),
    low: take(positions << LENGTH_LOW_BITS),
    middle: take(positions << LENGTH_LOW_BITS),
    high: take(1 << LENGTH_HIGH_BITS),
  });
  const groups = {
    isMatch: take(STATES * positions),
    isRepeat: take(STATES),
    isRepeat0: take(STATES),
    isRepeat1: take(STATES),
    isRepeat2: take(STATES),
    isLongRepeat0: take(STATES * positions),
    slots: take(LENGTH_CLASSES << SLOT_BITS),
    specialDistances: take(SPECIAL_DISTANCES),
    align: take(1 << ALIGN_BITS),
    matchLength: takeLength(),
    repeatLength: takeLength(),
    literals: take(LITERAL_MODEL << (properties.literalContextBits + properties.literalPositionBits)),
  };
  return { ...groups, size };
}
