import { dlcOfLength, lengthOfDlc } from "./frame-length.ts";
import type { CanFrame } from "./frame.ts";
import { SlcanError } from "./slcan-error.ts";

interface Format {
  readonly extended: boolean;
  readonly fd: boolean;
  readonly brs: boolean;
}

/** Frame lines by their letter: LAWICEL `t T`; CANable 2 `d D` FD without and `b B` FD with bit rate switch. */
const FORMATS: ReadonlyMap<string, Format> = new Map([
  ["t", { extended: false, fd: false, brs: false }],
  ["T", { extended: true, fd: false, brs: false }],
  ["d", { extended: false, fd: true, brs: false }],
  ["D", { extended: true, fd: true, brs: false }],
  ["b", { extended: false, fd: true, brs: true }],
  ["B", { extended: true, fd: true, brs: true }],
]);

const TIMESTAMP_DIGITS = 4;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).toUpperCase().padStart(2, "0"));

/** Whether a line's first letter is that of a data frame. */
export const isFrameLine = (line: string): boolean => FORMATS.has(line.charAt(0));

/**
 * A data frame as a line without its CR. ESI has no place in it.
 * @param frame valid by `checkFrame`.
 * @param timestampMs written as 4 hexadecimal digits; adapters count 0–59,999 ms.
 */
export function encodeFrame(frame: CanFrame, timestampMs?: number): string {
  const { extended = false, fd = false, brs = false } = frame;
  const letter = fd ? (brs ? "b" : "d") : "t";
  let line = extended ? letter.toUpperCase() + hex(frame.id, 8) : letter + hex(frame.id, 3);
  line += hex(dlcOfLength(frame.data.length, fd), 1);
  for (const byte of frame.data) line += HEX[byte] ?? "";
  return timestampMs === undefined ? line : line + hex(Math.floor(timestampMs), TIMESTAMP_DIGITS);
}

/**
 * The data frame of a line, and its time stamp in ms (0–59,999) where it carries one.
 * @throws {SlcanError} where length, a digit, the identifier or the DLC is wrong.
 */
export function decodeFrame(line: string): { readonly frame: CanFrame; readonly timestampMs?: number } {
  const format = FORMATS.get(line.charAt(0));
  if (format === undefined) throw new SlcanError("unknown-command", line, "it does not begin like a frame.");
  const dlcAt = format.extended ? 9 : 4;
  if (line.length <= dlcAt) throw new SlcanError("bad-length", line, "it ends before its DLC.");
  const id = readHex(line, 1, dlcAt);
  if (id > (format.extended ? 0x1fff_ffff : 0x7ff)) {
    throw new SlcanError(
      "bad-identifier",
      line,
      `the identifier has more than ${format.extended ? 29 : 11} bits.`,
    );
  }
  const dlc = readHex(line, dlcAt, dlcAt + 1);
  if (!format.fd && dlc > 8) throw new SlcanError("bad-dlc", line, `a classic frame has no DLC of ${dlc}.`);
  const dataAt = dlcAt + 1;
  const length = lengthOfDlc(dlc, format.fd);
  const end = dataAt + 2 * length;
  if (line.length !== end && line.length !== end + TIMESTAMP_DIGITS) {
    throw new SlcanError(
      "bad-length",
      line,
      `with ${length} bytes it has ${end} characters, not ${line.length}.`,
    );
  }
  const data = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) {
    const at = dataAt + 2 * index;
    data[index] = readHex(line, at, at + 2);
  }
  const frame: CanFrame = { id, data, ...format };
  return line.length === end ? { frame } : { frame, timestampMs: readHex(line, end, line.length) };
}

function readHex(line: string, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const digit = hexDigit(line.charCodeAt(at));
    if (digit < 0) throw new SlcanError("bad-digit", line, `character ${at + 1} is no hexadecimal digit.`);
    value = value * 16 + digit;
  }
  return value;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x41 && code <= 0x46) return code - 0x37;
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : -1;
}

const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, "0");
