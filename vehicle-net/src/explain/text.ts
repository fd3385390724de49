/** `0A` */
export const hexByte = (value: number): string => value.toString(16).toUpperCase().padStart(2, "0");

/** `F195`, `FFFF33`: as many digits as `bytes` have. */
export const hexNumber = (value: number, bytes: number): string =>
  value
    .toString(16)
    .toUpperCase()
    .padStart(bytes * 2, "0");

/** A CAN identifier as candump writes it: `7E0`, `18DA10F1`. */
export const hexId = (id: number, extended: boolean): string =>
  id
    .toString(16)
    .toUpperCase()
    .padStart(extended ? 8 : 3, "0");

/** `02 10 03`, without an end for a whole frame. */
export const hexBytes = (bytes: Uint8Array): string => Array.from(bytes, hexByte).join(" ");

const SHOWN_BYTES = 32;

/** Data for a person: `31 2E 30 "1.0"`, `00 01 02 … (4093 bytes)`, `nothing`. */
export function describeBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return "nothing";
  if (bytes.length > SHOWN_BYTES)
    return `${hexBytes(bytes.subarray(0, SHOWN_BYTES))} … (${bytes.length} bytes)`;
  const isText = bytes.length >= 3 && bytes.every((byte) => byte >= 0x20 && byte <= 0x7e);
  return isText ? `${hexBytes(bytes)} "${String.fromCharCode(...bytes)}"` : hexBytes(bytes);
}

/** `1 frame`, `2 frames`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** `12.3 ms`: a duration to the microsecond, without zeros at its end. */
export const milliseconds = (durationMs: number): string => `${Number(durationMs.toFixed(3))} ms`;
