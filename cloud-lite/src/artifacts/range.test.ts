import { expect, test } from "vitest";
import { readRange, type RangeAnswer } from "./range.ts";

const part = (first: number, last: number): RangeAnswer => ({ kind: "part", range: { first, last } });
const whole: RangeAnswer = { kind: "whole" };
const none: RangeAnswer = { kind: "unsatisfiable" };

// RFC 9110, 14.1.2 and 14.2, on a file of 10,000 bytes.
const cases: [string | undefined, RangeAnswer][] = [
  [undefined, whole],
  ["bytes=0-499", part(0, 499)],
  ["bytes=500-999", part(500, 999)],
  ["bytes=-500", part(9500, 9999)],
  ["bytes=9500-", part(9500, 9999)],
  ["bytes=0-0", part(0, 0)],
  ["bytes=-1", part(9999, 9999)],
  ["bytes=9000-20000", part(9000, 9999)],
  ["bytes=-20000", part(0, 9999)],
  ["bytes=10000-", none],
  ["bytes=-0", none],
  ["bytes=5-4", whole],
  ["bytes=0-1,5-6", whole],
  ["items=0-1", whole],
  ["bytes=-", whole],
  ["bytes=a-b", whole],
];

test.each(cases)("U6 Range %j of 10,000 bytes", (header, answer) => {
  expect(readRange(header, 10_000, '"a"', undefined)).toEqual(answer);
});

test("U6 a range counts only for the file that If-Range names", () => {
  expect(readRange("bytes=0-1", 10, '"a"', '"a"')).toEqual(part(0, 1));
  expect(readRange("bytes=0-1", 10, '"a"', '"b"')).toEqual(whole);
});

test("U6 an empty file has no range", () => {
  expect(readRange("bytes=0-", 0, '"a"', undefined)).toEqual(none);
});
