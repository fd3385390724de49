import type { CanFrame } from "./frame.ts";
import { SlcanError } from "./slcan-error.ts";
import { decodeFrame, isFrameLine } from "./slcan-frame.ts";

/** What a host asks of an adapter. */
export type SlcanCommand =
  | { readonly command: "transmit"; readonly frame: CanFrame }
  /** More than one where the adapters of the world disagree: `S7` is 800 or 750 kbit/s. */
  | { readonly command: "bitrate"; readonly bitrates: readonly number[] }
  | { readonly command: "bit-timing"; readonly registers: string }
  | { readonly command: "data-bitrate"; readonly bitrate: number }
  | { readonly command: "timestamps"; readonly on: boolean }
  | { readonly command: "open" | "listen" | "close" | "version" | "details" | "serial" | "flags" };

/** What an adapter says. */
export type SlcanAnswer =
  | { readonly answer: "received"; readonly frame: CanFrame; readonly timestampMs?: number }
  /** `z`, `Z`: the frame has been queued or sent (the hub: has left the bus). */
  | { readonly answer: "transmitted" }
  | { readonly answer: "ok" | "refused" }
  | { readonly answer: "version" | "details" | "serial"; readonly text: string }
  | { readonly answer: "flags"; readonly flags: number }
  | {
      readonly answer: "state";
      readonly state: SlcanState;
      readonly receive: number;
      readonly transmit: number;
    }
  | { readonly answer: "errors"; readonly kinds: string }
  /** Remote frames, banners, other firmware's own words. */
  | { readonly answer: "other"; readonly text: string };

export type SlcanState = "active" | "warning" | "passive" | "bus-off";

const BITRATES: ReadonlyMap<string, readonly number[]> = new Map([
  ["0", [10_000]],
  ["1", [20_000]],
  ["2", [50_000]],
  ["3", [100_000]],
  ["4", [125_000]],
  ["5", [250_000]],
  ["6", [500_000]],
  ["7", [800_000, 750_000]],
  ["8", [1_000_000]],
  ["9", [83_300]],
]);
const DATA_BITRATES: ReadonlyMap<string, number> = new Map([
  ["1", 1_000_000],
  ["2", 2_000_000],
  ["4", 4_000_000],
  ["5", 5_000_000],
  ["8", 8_000_000],
]);
const PLAIN = new Map<string, SlcanCommand>([
  ["O", { command: "open" }],
  ["L", { command: "listen" }],
  ["C", { command: "close" }],
  ["V", { command: "version" }],
  ["v", { command: "details" }],
  ["N", { command: "serial" }],
  ["F", { command: "flags" }],
  ["Z0", { command: "timestamps", on: false }],
  ["Z1", { command: "timestamps", on: true }],
]);
/** State letters and error letters as the Linux driver for such adapters reads them (drivers/net/can/slcan). */
const STATES = new Map<string, SlcanState>([
  ["a", "active"],
  ["w", "warning"],
  ["p", "passive"],
  ["b", "bus-off"],
]);
const STATE_LETTERS = new Map([...STATES].map(([letter, state]) => [state, letter]));

/** The digit of `S` for a nominal bit rate in bit/s; `undefined` where there is none. */
export function bitrateDigit(bitrate: number): string | undefined {
  return [...BITRATES].find(([, bitrates]) => bitrates.includes(bitrate))?.[0];
}

/** The digit of `Y` for a data bit rate in bit/s; `undefined` where there is none. */
export function dataBitrateDigit(bitrate: number): string | undefined {
  return [...DATA_BITRATES].find(([, candidate]) => candidate === bitrate)?.[0];
}

/**
 * Reads a line that a host sent, without its CR.
 * @throws {SlcanError} saying what is wrong with it; an adapter answers that with BEL.
 */
export function decodeCommand(line: string): SlcanCommand {
  if (isFrameLine(line)) {
    const { frame, timestampMs } = decodeFrame(line);
    if (timestampMs === undefined) return { command: "transmit", frame };
    throw new SlcanError("bad-length", line, "a frame to be sent has no time stamp.");
  }
  const plain = PLAIN.get(line);
  if (plain !== undefined) return plain;
  const argument = line.slice(1);
  switch (line.charAt(0)) {
    case "S": {
      const bitrates = BITRATES.get(argument);
      if (bitrates === undefined) throw new SlcanError("bad-digit", line, "bit rates are S0 to S9.");
      return { command: "bitrate", bitrates };
    }
    case "Y": {
      const bitrate = DATA_BITRATES.get(argument);
      if (bitrate === undefined)
        throw new SlcanError("bad-digit", line, "data bit rates are Y1, Y2, Y4, Y5, Y8.");
      return { command: "data-bitrate", bitrate };
    }
    case "s":
      if (!/^(?:[0-9A-Fa-f]{4}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})$/u.test(argument)) {
        throw new SlcanError("bad-length", line, "bit timing registers are 4, 6 or 8 hexadecimal digits.");
      }
      return { command: "bit-timing", registers: argument };
    case "r":
    case "R":
      throw new SlcanError("remote-frame", line, "remote frames are not sent here.");
    default:
      throw new SlcanError("unknown-command", line, "no such command.");
  }
}

/**
 * Reads a line that an adapter sent, without its end. Words unknown here are handed on as `other`: firmware has many.
 * @throws {SlcanError} where a frame line is damaged, which happens where bytes were lost on the way.
 */
export function decodeAnswer(line: string, isRefused: boolean): SlcanAnswer {
  if (isRefused) return { answer: "refused" };
  if (line === "") return { answer: "ok" };
  if (line === "z" || line === "Z") return { answer: "transmitted" };
  if (isFrameLine(line)) return { answer: "received", ...decodeFrame(line) };
  const text = line.slice(1);
  switch (line.charAt(0)) {
    case "V":
      return { answer: "version", text };
    case "v":
      return { answer: "details", text };
    case "N":
      return { answer: "serial", text };
    default:
      return decodeStatus(line) ?? { answer: "other", text: line };
  }
}

function decodeStatus(line: string): SlcanAnswer | undefined {
  const flags = /^F([0-9A-Fa-f]{2})$/u.exec(line);
  if (flags !== null) return { answer: "flags", flags: Number.parseInt(flags[1] ?? "", 16) };
  const errors = /^e(\d)([abBcfoOs]+)$/u.exec(line);
  if (errors !== null && Number(errors[1]) === errors[2]?.length)
    return { answer: "errors", kinds: errors[2] };
  const counts = /^s([awpb])(\d{3})(\d{3})$/u.exec(line);
  const state = STATES.get(counts?.[1] ?? "");
  if (state === undefined) return undefined;
  return { answer: "state", state, receive: Number(counts?.[2]), transmit: Number(counts?.[3]) };
}

/** A state line, `sbRRRTTT`, without its CR. */
export function encodeState(state: SlcanState, receive: number, transmit: number): string {
  const digits = (count: number): string => String(Math.min(count, 999)).padStart(3, "0");
  return `s${STATE_LETTERS.get(state)}${digits(receive)}${digits(transmit)}`;
}

/** An error line, `e1a`, without its CR. Kinds: a acknowledge, b bit 0, B bit 1, c CRC, f form, o O overrun, s stuff. */
export function encodeErrors(kinds: string): string {
  return `e${kinds.length}${kinds}`;
}
