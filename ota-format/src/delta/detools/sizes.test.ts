import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeSize, SizeReader } from "./sizes.ts";

function readSize(bytes: readonly number[]): (number | undefined)[] {
  const reader = new SizeReader();
  return bytes.map((byte) => reader.take(byte));
}

// The encoding that detools documents for its patches.
test.each([
  [0, "00"],
  [1, "01"],
  [-1, "41"],
  [63, "3f"],
  [64, "8001"],
  [-64, "c001"],
  [8191, "bf7f"],
  [8192, "808001"],
  [-243852, "cce21d"],
])("U5 the size %d is written as %s", (value, expected) => {
  expect(Buffer.from(encodeSize(value)).toString("hex")).toBe(expected);
});

test("E5 every size comes back with its last byte and not before", () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 32), max: 2 ** 32 }), (value) => {
      const sizes = readSize(encodeSize(value));
      expect(sizes.pop()).toBe(value);
      expect(sizes.every((size) => size === undefined)).toBe(true);
    }),
  );
});

test("E5 a size of more than five bytes is refused", () => {
  expect(() => readSize([0x80, 0x80, 0x80, 0x80, 0x80])).toThrow(
    expect.objectContaining({ name: "DeltaError", code: "bad-length" }),
  );
});
