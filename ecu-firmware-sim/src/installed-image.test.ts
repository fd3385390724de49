import { expect, test } from "vitest";
import { imageReader } from "./installed-image.ts";

/** A bank whose bytes are their own offsets: the first region at 0, the second at 16. */
const bank = Uint8Array.from({ length: 32 }, (_, i) => i);
const regions = [
  { address: 0x100, length: 16 },
  { address: 0x800, length: 16 },
];
const segments = [
  { address: 0x102, length: 4 },
  { address: 0x804, length: 6 },
];
const reader = imageReader(segments, regions, (offset, length) => bank.subarray(offset, offset + length));

test("S3 an image in a bank is as long as its segments together", () => {
  expect(reader.length).toBe(10);
});

test.each([
  [0, 10, [2, 3, 4, 5, 20, 21, 22, 23, 24, 25]],
  [1, 2, [3, 4]],
  [3, 3, [5, 20, 21]],
  [4, 6, [20, 21, 22, 23, 24, 25]],
  [9, 1, [25]],
])("S3 from byte %d of the file %d bytes are read where they lie", (offset, length, expected) => {
  const into = new Uint8Array(length);
  reader.read(offset, into);
  expect([...into]).toEqual(expected);
});
