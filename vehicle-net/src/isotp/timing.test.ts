import { expect, test } from "vitest";
import { IsoTpOptionError } from "./error.ts";
import { decodeStMin, encodeStMin } from "./timing.ts";

// ISO 15765-2:2016 9.6.5.4, table of STmin values, and 9.6.5.5 for the reserved ones.
test.each([
  [0x00, 0],
  [0x01, 1],
  [0x7f, 127],
  [0x80, 127],
  [0xf0, 127],
  [0xf1, 0.1],
  [0xf5, 0.5],
  [0xf9, 0.9],
  [0xfa, 127],
  [0xff, 127],
])("V2 STmin %i on the wire means %f ms", (coded, ms) => {
  expect(decodeStMin(coded)).toBe(ms);
});

test.each([
  [0, 0x00],
  [0.05, 0xf1],
  [0.1, 0xf1],
  [0.3, 0xf3],
  [0.31, 0xf4],
  [0.9, 0xf9],
  [0.95, 0x01],
  [1, 0x01],
  [1.2, 0x02],
  [127, 0x7f],
])("V2 a separation time of %f ms is announced as %i, never shorter", (ms, coded) => {
  expect(encodeStMin(ms)).toBe(coded);
  expect(decodeStMin(coded)).toBeGreaterThanOrEqual(ms);
});

test.each([-1, 127.1, Number.NaN])("V2 a separation time of %f ms is refused", (ms) => {
  expect(() => encodeStMin(ms)).toThrow(IsoTpOptionError);
});
