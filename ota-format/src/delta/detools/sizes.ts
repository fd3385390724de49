import { DeltaError } from "../delta-error.ts";

const FIRST_VALUE_BITS = 6;
const VALUE_BITS = 7;
const MORE = 0x80;
const NEGATIVE = 0x40;
/** Enough for magnitudes below 2^34; images here are far smaller. */
export const MAX_SIZE_BYTES = 5;

/**
 * detools' signed integers: the first byte holds the 6 lowest bits of the magnitude, the sign (40 hex) and
 * whether more follow (80 hex); each further byte 7 more bits. At most 5 bytes.
 */
export function encodeSize(value: number): number[] {
  const magnitude = Math.abs(value);
  const bytes = [(magnitude % 64) | (value < 0 ? NEGATIVE : 0)];
  for (let rest = Math.floor(magnitude / 64); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1]! |= MORE;
    bytes.push(rest % 128);
  }
  return bytes;
}

/** Takes such an integer byte by byte; its three numbers are all the state there is. */
export class SizeReader {
  magnitude = 0;
  bytesRead = 0;
  negative = false;

  /** The value once `byte` completes it, then ready for the next. @throws {DeltaError} `bad-length` */
  take(byte: number): number | undefined {
    if (this.bytesRead === 0) {
      this.negative = (byte & NEGATIVE) !== 0;
      this.magnitude = byte & (NEGATIVE - 1);
    } else {
      this.magnitude += (byte & (MORE - 1)) * 2 ** (FIRST_VALUE_BITS + VALUE_BITS * (this.bytesRead - 1));
    }
    this.bytesRead++;
    if ((byte & MORE) !== 0) {
      if (this.bytesRead === MAX_SIZE_BYTES) {
        throw new DeltaError("bad-length", `a size in the patch has more than ${MAX_SIZE_BYTES} bytes`);
      }
      return undefined;
    }
    this.bytesRead = 0;
    return this.negative ? -this.magnitude : this.magnitude;
  }
}
