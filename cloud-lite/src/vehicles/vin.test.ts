import { expect, test } from "vitest";
import { checkDigit, checkVin } from "./vin.ts";

// The all-ones number that 49 CFR 565 literature uses as a self-test, and its worked example.
test.each(["11111111111111111", "1M8GDM9AXKP042788"])("D1 %s has a valid check digit", (vin) => {
  expect(checkDigit(vin)).toBe(vin[8]);
  expect(() => checkVin(vin, "checkDigit")).not.toThrow();
});

const bad: [string, string][] = [
  ["1M8GDM9AXKP04278", "it has 16 places and should have 17"],
  ["1M8GDM9AXKPO42788", "it has a character other than digits and capitals without I, O and Q"],
  ["1m8gdm9axkp042788", "it has a character other than digits and capitals without I, O and Q"],
  ["1M8GDM9A1KP042788", "its check digit, place 9, is 1 and should be X"],
  ["1M8GDM9AXKP042789", "its check digit, place 9, is X and should be 1"],
];

test.each(bad)("D1 %s is refused: %s", (vin, reason) => {
  expect(() => checkVin(vin, "checkDigit")).toThrow(
    expect.objectContaining({ code: "VIN_INVALID", operands: { vin, reason } }),
  );
});

test("D1 the policy says how much of a VIN is asked for", () => {
  expect(() => checkVin("1M8GDM9A1KP042788", "shape")).not.toThrow();
  expect(() => checkVin("tractor 7", "shape")).toThrow();
  expect(() => checkVin("tractor 7", "free")).not.toThrow();
});
