import { expect, test } from "vitest";
import { assemble, checkRegions, splitByRegion } from "./memory.ts";

const CODE = { name: "code", address: 0x1000, length: 0x100, flashed: true };
const DATA = { name: "data", address: 0x2000, length: 0x10, flashed: true };
const UICR = { name: "uicr", address: 0x1000_1000, length: 0x100, flashed: false };
const REGIONS = [CODE, DATA, UICR];
const bytes = (length: number, fill = 1): Uint8Array => new Uint8Array(length).fill(fill);
const where = (address: number): string => `byte ${address}`;

test("U1 what lies in a region that is not flashed is left out and named", () => {
  const { taken, leftOut } = splitByRegion(
    "HW",
    [
      { address: 0x1000, bytes: bytes(8) },
      { address: 0x1000_10c0, bytes: bytes(28) },
    ],
    REGIONS,
    where,
  );
  expect(taken).toEqual([{ address: 0x1000, bytes: bytes(8) }]);
  expect(leftOut).toEqual([{ name: "uicr", address: 0x1000_10c0, length: 28 }]);
});

test("U1 a block across two touching regions is split at their border", () => {
  const next = { name: "next", address: 0x1100, length: 0x100, flashed: false };
  const { taken, leftOut } = splitByRegion(
    "HW",
    [{ address: 0x10f8, bytes: bytes(16) }],
    [CODE, next],
    where,
  );
  expect(taken).toEqual([{ address: 0x10f8, bytes: bytes(8) }]);
  expect(leftOut).toEqual([{ name: "next", address: 0x1100, length: 8 }]);
});

test("U1 bytes in no region are refused with address and length", () => {
  expect(() => splitByRegion("HW", [{ address: 0x10f8, bytes: bytes(16) }], [CODE], where)).toThrow(
    "byte 4352: 8 bytes at 0x1100 lie in no memory region of HW.",
  );
});

test("U1 an upload with nothing for a flashed region is refused", () => {
  expect(() => splitByRegion("HW", [{ address: 0x1000_1000, bytes: bytes(4) }], REGIONS, where)).toThrow(
    expect.objectContaining({ code: "IMAGE_EMPTY" }),
  );
});

test("U1 the image file is its segments one after another by address", () => {
  const image = assemble([
    { address: 0x1000, bytes: bytes(2, 0xaa) },
    { address: 0x2000, bytes: bytes(1, 0xbb) },
  ]);
  expect([...image.file]).toEqual([0xaa, 0xaa, 0xbb]);
  expect(image.length).toBe(3);
  expect(image.segments.map(({ address, length }) => ({ address, length }))).toEqual([
    { address: 0x1000, length: 2 },
    { address: 0x2000, length: 1 },
  ]);
});

test.each([
  ["overlap", [CODE, { ...DATA, address: 0x10ff }], "code and data overlap"],
  ["end beyond 32 bits", [{ ...CODE, address: 0xffff_ffff, length: 2 }], "code ends beyond 32 bits"],
  ["are empty", [{ ...CODE, length: 0 }], "code is empty"],
  ["share a name", [CODE, { ...DATA, name: "code" }], "two are named code"],
  ["are never flashed", [UICR], "none is flashed"],
])("U1 memory regions that %s are refused", (_name, regions, reason) => {
  expect(() => checkRegions("HW", regions)).toThrow(
    expect.objectContaining({ code: "HARDWARE_REGIONS_INVALID", operands: { hardwareId: "HW", reason } }),
  );
});
