import { describe, expect, test } from "vitest";
import { CanError } from "./bus.ts";
import { checkFrame, dlcOfLength, fdLengthFor, lengthOfDlc } from "./frame-length.ts";
import type { CanFrame } from "./frame.ts";

// ISO 11898-1:2015 table 5.
const lengths = [
  { dlc: 0x0, classic: 0, fd: 0 },
  { dlc: 0x7, classic: 7, fd: 7 },
  { dlc: 0x8, classic: 8, fd: 8 },
  { dlc: 0x9, classic: 8, fd: 12 },
  { dlc: 0xa, classic: 8, fd: 16 },
  { dlc: 0xb, classic: 8, fd: 20 },
  { dlc: 0xc, classic: 8, fd: 24 },
  { dlc: 0xd, classic: 8, fd: 32 },
  { dlc: 0xe, classic: 8, fd: 48 },
  { dlc: 0xf, classic: 8, fd: 64 },
];

test.each(lengths)("V1 DLC $dlc means $classic bytes classic and $fd bytes FD", ({ dlc, classic, fd }) => {
  expect(lengthOfDlc(dlc, false)).toBe(classic);
  expect(lengthOfDlc(dlc, true)).toBe(fd);
  expect(dlcOfLength(fd, true)).toBe(dlc);
});

test.each([-1, 16, 1.5])("V1 there is no DLC %d", (dlc) => {
  expect(() => lengthOfDlc(dlc, true)).toThrow(CanError);
});

test.each([
  [0, 0],
  [8, 8],
  [9, 12],
  [25, 32],
  [33, 48],
  [49, 64],
  [64, 64],
])("V1 %d bytes are padded to an FD frame of %d", (length, padded) => {
  expect(fdLengthFor(length)).toBe(padded);
});

test("V1 more than 64 bytes fit no frame", () => {
  expect(() => fdLengthFor(65)).toThrow("at most 64 bytes, not 65");
});

const data = new Uint8Array(8);
const refused: { frame: CanFrame; because: string }[] = [
  { frame: { id: 0x800, data }, because: "A 11-bit identifier is 0 to 0x7ff, not 0x800." },
  { frame: { id: -1, data }, because: "not -0x1" },
  { frame: { id: 1.5, data }, because: "not 1.5" },
  { frame: { id: Number.NaN, data }, because: "not NaN" },
  { frame: { id: 0x2000_0000, extended: true, data }, because: "A 29-bit identifier" },
  { frame: { id: 1, data: new Uint8Array(9) }, because: "classic CAN frame carries 0–8 bytes, not 9" },
  { frame: { id: 1, fd: true, data: new Uint8Array(9) }, because: "CAN FD frame carries 0–8, 12" },
  { frame: { id: 1, fd: true, data: new Uint8Array(65) }, because: "not 65" },
  { frame: { id: 1, brs: true, data }, because: "BRS and ESI" },
  { frame: { id: 1, esi: true, data }, because: "BRS and ESI" },
];

describe("V1 a frame that no controller can send is refused with the field that cannot be", () => {
  test.each(refused)("$because", ({ frame, because }) => {
    expect(() => checkFrame(frame)).toThrow(because);
    expect(() => checkFrame(frame)).toThrow(expect.objectContaining({ code: "bad-frame" }));
  });
});

test("V1 the largest frames of each format are accepted", () => {
  checkFrame({ id: 0x7ff, data });
  checkFrame({ id: 0x1fff_ffff, extended: true, data });
  checkFrame({ id: 0x1fff_ffff, extended: true, fd: true, brs: true, esi: true, data: new Uint8Array(64) });
});
