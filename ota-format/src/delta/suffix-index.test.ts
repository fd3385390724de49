import fc from "fast-check";
import { expect, test } from "vitest";
import { SuffixIndex } from "./suffix-index.ts";

function longestByTrying(base: Uint8Array, query: Uint8Array): number {
  let longest = 0;
  for (let at = 0; at < base.length; at++) {
    let length = 0;
    while (length < query.length && at + length < base.length && base[at + length] === query[length])
      length++;
    longest = Math.max(longest, length);
  }
  return longest;
}

test("U5 the index finds a match as long as trying every position does", () => {
  const text = fc.uint8Array({ max: 3, maxLength: 60 });
  fc.assert(
    fc.property(text, text, (base, result) => {
      const index = new SuffixIndex(base);
      for (let at = 0; at < result.length; at++) {
        const match = { position: 0, length: 0 };
        index.longestMatch(result, at, match);
        const { position, length } = match;
        expect(length).toBe(longestByTrying(base, result.subarray(at)));
        expect(base.subarray(position, position + length)).toEqual(result.subarray(at, at + length));
      }
    }),
    { numRuns: 500 },
  );
});
