import { expect, test } from "vitest";
import { median, rounded } from "./statistics.ts";

test.each([
  [[3], 3],
  [[9, 1, 5], 5],
  [[4, 1, 2, 100], 3],
])("B5 the median of %j is %d", (values, expected) => {
  expect(median(values)).toBe(expected);
});

test("B5 figures are rounded for printing", () => {
  expect([rounded(1.23456, 3), rounded(2, 3)]).toEqual([1.235, 2]);
});
