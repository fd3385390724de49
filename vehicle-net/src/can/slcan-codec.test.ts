import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CanFrame } from "./frame.ts";
import {
  bitrateDigit,
  dataBitrateDigit,
  decodeAnswer,
  decodeCommand,
  encodeErrors,
  encodeState,
  type SlcanAnswer,
} from "./slcan-codec.ts";
import type { SlcanErrorCode } from "./slcan-error.ts";
import { decodeFrame, encodeFrame } from "./slcan-frame.ts";
import { SlcanLines } from "./slcan-line.ts";

const standard = { extended: false, fd: false, brs: false };

// LAWICEL CANUSB manual V1.0D: t1002133C, T000001000, t10021133 with time stamp; FD in the dialect of the CANable 2.
const frames: { line: string; frame: CanFrame; timestampMs?: number }[] = [
  { line: "t10021133", frame: { ...standard, id: 0x100, data: Uint8Array.of(0x11, 0x33) } },
  {
    line: "t1002113324A2",
    frame: { ...standard, id: 0x100, data: Uint8Array.of(0x11, 0x33) },
    timestampMs: 0x24a2,
  },
  {
    line: "T0000010021133",
    frame: { ...standard, extended: true, id: 0x100, data: Uint8Array.of(0x11, 0x33) },
  },
  { line: "t7FF0", frame: { ...standard, id: 0x7ff, data: new Uint8Array(0) } },
  { line: "T1FFFFFFF0", frame: { ...standard, extended: true, id: 0x1fff_ffff, data: new Uint8Array(0) } },
  {
    line: "d0449112233445566778899AABBCC",
    frame: {
      ...standard,
      fd: true,
      id: 0x44,
      data: Uint8Array.of(0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc),
    },
  },
  {
    line: `B18DA00F1F${"A5".repeat(64)}`,
    frame: { extended: true, fd: true, brs: true, id: 0x18da_00f1, data: new Uint8Array(64).fill(0xa5) },
  },
  {
    line: `b7E0F${"00".repeat(64)}EA5F`,
    frame: { extended: false, fd: true, brs: true, id: 0x7e0, data: new Uint8Array(64) },
    timestampMs: 59_999,
  },
  {
    line: "D000000441FF",
    frame: { ...standard, extended: true, fd: true, id: 0x44, data: Uint8Array.of(0xff) },
  },
];

test.each(frames)("V1 $line is read and written", ({ line, frame, timestampMs }) => {
  expect(encodeFrame(frame, timestampMs)).toBe(line);
  expect(decodeFrame(line)).toEqual(timestampMs === undefined ? { frame } : { frame, timestampMs });
});

test("V1 small hexadecimal digits are read too", () => {
  expect(decodeFrame("t7ea1ab").frame).toEqual({ ...standard, id: 0x7ea, data: Uint8Array.of(0xab) });
});

const commands = [
  ["O", { command: "open" }],
  ["L", { command: "listen" }],
  ["C", { command: "close" }],
  ["V", { command: "version" }],
  ["v", { command: "details" }],
  ["N", { command: "serial" }],
  ["F", { command: "flags" }],
  ["Z0", { command: "timestamps", on: false }],
  ["Z1", { command: "timestamps", on: true }],
  ["S6", { command: "bitrate", bitrates: [500_000] }],
  ["S7", { command: "bitrate", bitrates: [800_000, 750_000] }],
  ["S9", { command: "bitrate", bitrates: [83_300] }],
  ["Y2", { command: "data-bitrate", bitrate: 2_000_000 }],
  ["Y5", { command: "data-bitrate", bitrate: 5_000_000 }],
  ["s031C", { command: "bit-timing", registers: "031C" }],
  ["t1230", { command: "transmit", frame: { ...standard, id: 0x123, data: new Uint8Array(0) } }],
] as const;

test.each(commands)("V1 command %s is understood", (line, command) => {
  expect(decodeCommand(line)).toEqual(command);
});

const refused: { line: string; code: SlcanErrorCode }[] = [
  { line: "", code: "unknown-command" },
  { line: "X", code: "unknown-command" },
  { line: "OO", code: "unknown-command" },
  { line: "Z2", code: "unknown-command" },
  { line: "S", code: "bad-digit" },
  { line: "SA", code: "bad-digit" },
  { line: "S66", code: "bad-digit" },
  { line: "Y3", code: "bad-digit" },
  { line: "s031", code: "bad-length" },
  { line: "s03XX", code: "bad-length" },
  { line: "r1230", code: "remote-frame" },
  { line: "R000001230", code: "remote-frame" },
  { line: "t12", code: "bad-length" },
  { line: "t123", code: "bad-length" },
  { line: "t1232AA", code: "bad-length" },
  { line: "t1232AAB", code: "bad-length" },
  { line: "t1232AABBC", code: "bad-length" },
  { line: "t1232AABB1234", code: "bad-length" },
  { line: "t1232AABG", code: "bad-digit" },
  { line: "t12G0", code: "bad-digit" },
  { line: "t8000", code: "bad-identifier" },
  { line: "T200000000", code: "bad-identifier" },
  { line: "t12390011223344556677", code: "bad-dlc" },
  { line: "T123", code: "bad-length" },
  { line: `b123F${"00".repeat(63)}`, code: "bad-length" },
];

describe("V1 a command is refused with what is wrong with it", () => {
  test.each(refused)("$line: $code", ({ line, code }) => {
    expect(() => decodeCommand(line)).toThrow(expect.objectContaining({ code, line }));
  });
});

const answers: [string, SlcanAnswer][] = [
  ["", { answer: "ok" }],
  ["z", { answer: "transmitted" }],
  ["Z", { answer: "transmitted" }],
  ["V1013", { answer: "version", text: "1013" }],
  ["NA123", { answer: "serial", text: "A123" }],
  ["v1.2 debug", { answer: "details", text: "1.2 debug" }],
  ["F80", { answer: "flags", flags: 0x80 }],
  ["sp127128", { answer: "state", state: "passive", receive: 127, transmit: 128 }],
  ["sb000256", { answer: "state", state: "bus-off", receive: 0, transmit: 256 }],
  ["e2af", { answer: "errors", kinds: "af" }],
  ["e3af", { answer: "other", text: "e3af" }],
  ["sx000000", { answer: "other", text: "sx000000" }],
  ["r1234", { answer: "other", text: "r1234" }],
  ["CANable2 b158aa7", { answer: "other", text: "CANable2 b158aa7" }],
];

test.each(answers)("V1 answer %j is understood", (line, answer) => {
  expect(decodeAnswer(line, false)).toEqual(answer);
});

test("V1 BEL is a refusal, a damaged frame an error", () => {
  expect(decodeAnswer("", true)).toEqual({ answer: "refused" });
  expect(() => decodeAnswer("t1232AA", false)).toThrow(expect.objectContaining({ code: "bad-length" }));
});

test("V1 bit rates have their digits, others none", () => {
  expect([500_000, 750_000, 800_000, 123_456].map(bitrateDigit)).toEqual(["6", "7", "7", undefined]);
  expect([2_000_000, 3_000_000].map(dataBitrateDigit)).toEqual(["2", undefined]);
});

test("V1 state and errors are written as the Linux driver reads them", () => {
  expect([encodeState("bus-off", 0, 256), encodeState("active", 12, 7), encodeErrors("a")]).toEqual([
    "sb000256",
    "sa012007",
    "e1a",
  ]);
});

test("V1 lines come out the same, whatever the pieces in which they come in", () => {
  const piece = fc.constantFrom("O\r", "t1232AABB\r", "\u0007", "z\r", "\r", "S6\r\n", "V1013\r");
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 20 }),
      fc.array(fc.nat(50), { maxLength: 20 }),
      (pieces, cuts) => {
        const bytes = new TextEncoder().encode(pieces.join(""));
        const whole: [string, boolean][] = [];
        new SlcanLines().push(bytes, (...line) => whole.push(line));
        const cut: [string, boolean][] = [];
        const lines = new SlcanLines();
        let start = 0;
        for (const length of [...cuts, bytes.length]) {
          lines.push(bytes.subarray(start, start + length), (...line) => cut.push(line));
          start += length;
        }
        expect(cut).toEqual(whole);
        expect(whole).toHaveLength(pieces.length);
      },
    ),
  );
});

test("V1 a line without end keeps a bounded memory and fails by its length", () => {
  const lines = new SlcanLines();
  const seen: string[] = [];
  const endless = new TextEncoder().encode("t".repeat(10_000));
  for (let count = 0; count < 50; count += 1) lines.push(endless, (line) => seen.push(line));
  lines.push(new TextEncoder().encode("\rO\r"), (line) => seen.push(line));
  expect(seen.map((line) => line.length)).toEqual([143, 1]);
  expect(() => decodeCommand(seen[0] ?? "")).toThrow("SLCAN line");
});
