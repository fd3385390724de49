import { profileNamed } from "@halfshaft/vehicle-net/ecu";
import { expect, test } from "vitest";
import { TransferWindow } from "./transfer-window.ts";

const rates = { bitrate: 500_000 };
const frame = (id: number, hex: string) => ({
  id,
  data: new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex")),
});

test("B5 a transfer lasts from the first bit of 34 to the last bit of the answer to 37", () => {
  const window = new TransferWindow([profileNamed("engine")], rates);
  window.show(frame(0x708, "02 10 02 CC CC CC CC CC"), 1);
  window.show(frame(0x708, "10 0B 34 00 44 00 00 00"), 10);
  window.show(frame(0x700, "04 74 20 0F FF CC CC CC"), 11);
  window.show(frame(0x708, "1F FF 36 01 00 00 00 00"), 20);
  window.show(frame(0x708, "1F FF 36 02 00 00 00 00"), 160);
  window.show(frame(0x700, "02 76 02 CC CC CC CC CC"), 300);
  window.show(frame(0x708, "01 37 CC CC CC CC CC CC"), 301);
  window.show(frame(0x700, "01 77 CC CC CC CC CC CC"), 302);
  expect(window.downloadMs).toBeGreaterThan(9.7);
  expect(window.downloadMs).toBeLessThan(9.8);
  expect(window.transferMs).toBeGreaterThan(19.7);
  expect(window.transferMs).toBeLessThan(19.8);
  expect(window.exitMs).toBe(302);
});

test.each([
  ["a single frame", "01 36"],
  ["a first frame", "1F FF 36 01 00 00 00 00"],
  ["a first frame with a length of four bytes", "10 00 00 01 00 01 36 01"],
  ["a single frame of CAN FD", "00 0B 36 01 00 00 00 00 00 00 00 00"],
])("B5 a transfer is seen to begin in %s", (_, hex) => {
  const window = new TransferWindow([profileNamed("engine")], rates);
  window.show({ ...frame(0x708, hex), fd: hex.length > 24 }, 5);
  expect(window.transferMs).toBeLessThan(5);
});

test("B5 frames of other ECUs do not count", () => {
  const window = new TransferWindow([profileNamed("engine")], rates);
  window.show(frame(0x709, "1F FF 36 01 00 00 00 00"), 5);
  window.show(frame(0x701, "01 77 CC CC CC CC CC CC"), 6);
  expect([window.transferMs, window.exitMs]).toEqual([Number.NaN, Number.NaN]);
});
