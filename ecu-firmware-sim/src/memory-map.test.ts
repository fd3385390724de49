import { expect, test } from "vitest";
import { bankBytes, bankOffset, isSameMemory } from "./memory-map.ts";

const regions = [
  { address: 0x1000, length: 0x100 },
  { address: 0x8000, length: 0x200 },
];

test("S1 a bank holds the flashed regions one after another", () => {
  expect(bankBytes(regions)).toBe(0x300);
});

test.each([
  ["the start of the first region", { address: 0x1000, length: 0x100 }, 0],
  ["the end of the first region", { address: 0x10ff, length: 1 }, 0xff],
  ["the start of the second region", { address: 0x8000, length: 0x200 }, 0x100],
  ["before the first region", { address: 0xfff, length: 2 }, undefined],
  ["across the end of a region", { address: 0x10f0, length: 0x11 }, undefined],
  ["between the regions", { address: 0x4000, length: 1 }, undefined],
])("S1 %s lies in the bank at the right place, or not at all", (_name, range, offset) => {
  expect(bankOffset(regions, range)).toBe(offset);
});

test("S2 the same memory is recognised however it was cut", () => {
  const whole = [{ address: 0x1000, length: 0x80 }];
  const parts = [
    { address: 0x1040, length: 0x40 },
    { address: 0x1000, length: 0x40 },
  ];
  expect(isSameMemory(whole, parts)).toBe(true);
  expect(isSameMemory(whole, parts.slice(1))).toBe(false);
  expect(isSameMemory(whole, [{ address: 0x1000, length: 0x81 }])).toBe(false);
});
