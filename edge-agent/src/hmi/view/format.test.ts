import { expect, test } from "vitest";
import { NOW } from "../fixtures.ts";
import { en } from "../texts.en.ts";
import { bytesOf, duration, elapsed, fill, listed, moment } from "./format.ts";

const place = { texts: en, timeZone: "UTC" };
const MINUTE = 60_000;

test.each([
  [0, "10 s"],
  [10_001, "20 s"],
  [50_000, "50 s"],
  [50_001, "1 min"],
  [7.4 * MINUTE, "7 min"],
  [60 * MINUTE, "1 h 0 min"],
  [85 * MINUTE, "1 h 25 min"],
])("E11 %d ms to go is %s", (ms, words) => {
  expect(duration(ms, en)).toBe(words);
});

test("E11 a measured time below a minute is exact", () => {
  expect([elapsed(300, en), elapsed(41_400, en), elapsed(16 * MINUTE, en)]).toEqual([
    "1 s",
    "41 s",
    "16 min",
  ]);
});

test.each([
  [412_000, 680_000, "412 of 680 kB"],
  [412_000_000, 680_000_000, "412 of 680 MB"],
  [1_234_000, 3_456_000, "1.2 of 3.5 MB"],
  [0, 900, "0 of 900 B"],
])("E4 %d of %d bytes is %s", (received, total, words) => {
  expect(bytesOf(received, total, en)).toBe(words);
});

test.each([
  [Date.UTC(2026, 10, 12, 14, 5), "at 14:05"],
  [Date.UTC(2026, 10, 12, 17, 0), "at 17:00"],
  [Date.UTC(2026, 10, 12, 22, 0), "tonight at 22:00"],
  [Date.UTC(2026, 10, 13, 2, 0), "tonight at 02:00"],
  [Date.UTC(2026, 10, 13, 9, 30), "tomorrow at 09:30"],
  [Date.UTC(2026, 10, 3, 9, 30), "on 3 November at 09:30"],
  [Date.UTC(2026, 10, 12, 2, 0), "at 02:00"],
])("E11 %d is %s", (at, words) => {
  expect(moment(at, NOW, place)).toBe(words);
});

test("E11 names are listed as a person says them", () => {
  const lists = [[], ["A"], ["A", "B"], ["A", "B", "C"]];
  expect(lists.map((names) => listed(names, en))).toEqual(["", "A", "A and B", "A, B and C"]);
});

test("E11 a hole without a value stays visible", () => {
  expect(fill("{a} of {b}", { a: 0 })).toBe("0 of {b}");
});
