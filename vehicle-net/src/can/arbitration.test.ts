import { expect, test } from "vitest";
import { arbitrationKey } from "./arbitration.ts";

// Each row beats the next. 0x100 as the base identifier of an extended frame is 0x100 << 18 = 0x4000000.
const order = [
  { id: 0x000 },
  { id: 0x000, fd: true },
  { id: 0x000, extended: true },
  { id: 0x000_0001, extended: true },
  { id: 0x001 },
  { id: 0x0ff },
  { id: 0x3ff_ffff, extended: true },
  { id: 0x100 },
  { id: 0x400_0000, extended: true },
  { id: 0x400_0000, extended: true, fd: true },
  { id: 0x400_0001, extended: true },
  { id: 0x101 },
  { id: 0x7ff },
  { id: 0x1fff_ffff, extended: true },
  { id: 0x1fff_ffff, extended: true, fd: true },
];

test("V1 identifiers arbitrate bit by bit, base before extended, classic before FD", () => {
  const keys = order.map((frame) => arbitrationKey(frame));
  expect(keys).toEqual([...keys].sort((a, b) => a - b));
  expect(new Set(keys).size).toBe(order.length);
});
