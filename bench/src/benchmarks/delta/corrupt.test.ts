import { randomSource } from "@halfshaft/ota-format/delta";
import { describe, expect, test } from "vitest";
import { corrupt, type Corruption, CORRUPTIONS } from "./corrupt.ts";

const PATCH = Uint8Array.from({ length: 200 }, (_, i) => i);
const DONOR = { headerBytes: 32, foreign: new Uint8Array(300).fill(0xaa) };

/** What a hundred runs of one kind make, from the same seed. */
const many = (how: Corruption): Uint8Array[] => {
  const random = randomSource(7);
  return Array.from({ length: 100 }, () => corrupt(PATCH, how, random, DONOR));
};

const differences = (bytes: Uint8Array): number => bytes.filter((byte, i) => byte !== PATCH[i]).length;

describe.each(CORRUPTIONS)("%s", (how) => {
  test("B5 the same seed spoils a patch in the same way, and the patch itself stays", () => {
    expect(many(how)).toEqual(many(how));
    expect(differences(PATCH.slice())).toBe(0);
  });

  test("B5 nearly every copy differs from the patch", () => {
    const same = many(how).filter((copy) => Buffer.compare(copy, PATCH) === 0);
    expect(same.length).toBeLessThan(5);
  });
});

test("B5 flipped bits are four at most", () => {
  expect(Math.max(...many("bits").map(differences))).toBeLessThanOrEqual(4);
});

test("B5 a truncated patch is the beginning of the patch", () => {
  for (const copy of many("truncated")) {
    expect(copy.length).toBeLessThan(PATCH.length);
    expect(differences(copy)).toBe(0);
  }
});

test("B5 a hostile header leaves what follows it", () => {
  for (const copy of many("header")) expect(copy.subarray(32)).toEqual(PATCH.subarray(32));
});

test("B5 a foreign end begins where the patch stops", () => {
  for (const copy of many("foreign")) {
    const kept = copy.indexOf(0xaa) === -1 ? copy.length : copy.indexOf(0xaa);
    expect(copy.length).toBe(DONOR.foreign.length);
    expect(copy.subarray(0, kept)).toEqual(PATCH.subarray(0, kept));
  }
});
