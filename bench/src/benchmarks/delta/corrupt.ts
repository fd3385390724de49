/** Gives numbers from 0 to 1. */
export type Random = () => number;

/** How a patch is spoilt. */
export const CORRUPTIONS = ["bits", "bytes", "truncated", "repeated", "header", "foreign"] as const;
export type Corruption = (typeof CORRUPTIONS)[number];

/** Bytes that announce much, nothing, or something negative, in most formats of numbers. */
const HOSTILE_BYTES = [0x00, 0x01, 0x7f, 0x80, 0xbf, 0xff];

export interface Donor {
  /** How many bytes at the start say what the rest is. */
  readonly headerBytes: number;
  /** A whole patch between other images. */
  readonly foreign: Uint8Array;
}

/**
 * A spoilt copy: a few flipped bits; a stretch of other bytes; an end that is missing; a stretch that comes twice;
 * numbers in the header that nobody would write; or the end of a whole other patch.
 */
export function corrupt(patch: Uint8Array, how: Corruption, random: Random, donor: Donor): Uint8Array {
  const below = (limit: number): number => Math.floor(random() * limit);
  const spoilt = Uint8Array.from(patch);
  switch (how) {
    case "bits":
      for (let flips = 1 + below(4); flips > 0; flips--) spoilt[below(spoilt.length)]! ^= 1 << below(8);
      return spoilt;
    case "bytes": {
      const start = below(spoilt.length);
      for (let at = start; at < Math.min(start + 1 + below(64), spoilt.length); at++) spoilt[at] = below(256);
      return spoilt;
    }
    case "truncated":
      return spoilt.subarray(0, below(spoilt.length));
    case "repeated": {
      const start = below(spoilt.length);
      const end = start + 1 + below(Math.min(spoilt.length - start, 256));
      return Uint8Array.from([...spoilt.subarray(0, end), ...spoilt.subarray(start)]);
    }
    case "header":
      for (let fields = 1 + below(4); fields > 0; fields--) {
        const start = below(donor.headerBytes);
        const end = Math.min(start + 1 + below(8), donor.headerBytes);
        spoilt.fill(HOSTILE_BYTES[below(HOSTILE_BYTES.length)]!, start, end);
      }
      return spoilt;
    default: {
      const kept = below(spoilt.length);
      return Uint8Array.from([...spoilt.subarray(0, kept), ...donor.foreign.subarray(kept)]);
    }
  }
}
