import fc from "fast-check";
import { expect, test } from "vitest";
import { sortSuffixes } from "./suffix-array.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test.each([
  ["", []],
  ["x", [0]],
  ["aaaa", [3, 2, 1, 0]],
  ["banana", [5, 3, 1, 0, 4, 2]],
  ["mississippi", [10, 7, 4, 1, 0, 9, 8, 6, 3, 5, 2]],
])("U5 the suffixes of %j are put in order", (text, expected) => {
  expect([...sortSuffixes(bytes(text))]).toEqual(expected);
});

test("U5 suffixes of any text come in the order of comparing them one by one", () => {
  const fewSymbols = fc.integer({ min: 1, max: 5 }).chain((k) => fc.array(fc.nat(k), { maxLength: 120 }));
  fc.assert(
    fc.property(fewSymbols, (values) => {
      const text = Buffer.from(values);
      const expected = [...text.keys()].sort((a, b) => Buffer.compare(text.subarray(a), text.subarray(b)));
      expect([...sortSuffixes(text)]).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});
