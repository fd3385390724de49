import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DeltaError } from "./delta-error.ts";
import { isSegmentPatches, joinSegmentPatches, readSegmentPatches } from "./segment-patches.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const first = Uint8Array.of(1, 2, 3);
const second = Uint8Array.of(4, 5);
const file = joinSegmentPatches([
  { address: 0, patch: first },
  { address: 0x1000_1000, patch: second },
]);
const INDEX_BYTES = 5 + 2 * 40;

test("E5 two patches lie in one file behind an index of address, length and SHA-256", () => {
  const index =
    "48535031 02" +
    `00000000 00000003 ${sha256(first)}` +
    `10001000 00000002 ${sha256(second)}` +
    "010203 0405";
  expect(Buffer.from(file).toString("hex")).toBe(index.replaceAll(" ", ""));
});

test("E5 the index says where each patch is, and is all that has to be read", () => {
  expect(readSegmentPatches(file.subarray(0, INDEX_BYTES), file.length)).toEqual([
    { address: 0, offset: INDEX_BYTES, length: 3, sha256: sha256(first) },
    { address: 0x1000_1000, offset: INDEX_BYTES + 3, length: 2, sha256: sha256(second) },
  ]);
});

test.each([
  ["a patch of detools", Uint8Array.of(1, 0), 2, "bad-magic"],
  ["nothing", new Uint8Array(0), 0, "bad-magic"],
  ["the magic alone", file.subarray(0, 4), 4, "bad-header"],
  ["no patches", Uint8Array.of(0x48, 0x53, 0x50, 0x31, 0), 5, "bad-header"],
  ["65 patches", file.with(4, 65), file.length, "bad-header"],
  ["a cut index", file.subarray(0, 50), 50, "truncated"],
  ["a file that is too short", file, file.length - 1, "bad-length"],
  ["a file that is too long", file, file.length + 1, "bad-length"],
])("E5 %s is refused", (_name, start, fileBytes, code) => {
  expect(() => readSegmentPatches(start, fileBytes)).toThrow(expect.objectContaining({ code }));
});

test("E5 no more than 64 patches are joined, and not none", () => {
  const patches = Array.from({ length: 65 }, () => ({ address: 0, patch: first }));
  expect(() => joinSegmentPatches(patches)).toThrow(DeltaError);
  expect(() => joinSegmentPatches([])).toThrow(DeltaError);
});

test("E5 whatever the bytes, reading an index gives patches inside the file or a typed error", () => {
  const beginnings = fc.uint8Array({ maxLength: 200 }).map((bytes) => {
    const start = new Uint8Array(bytes);
    start.set(file.subarray(0, Math.min(4, start.length)));
    return start;
  });
  fc.assert(
    fc.property(beginnings, fc.nat(5000), (start, fileBytes) => {
      try {
        for (const { offset, length } of readSegmentPatches(start, fileBytes)) {
          expect(offset + length).toBeLessThanOrEqual(fileBytes);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(DeltaError);
      }
    }),
  );
});

test("E5 by its first bytes a file of several patches is told from others", () => {
  expect(isSegmentPatches(file)).toBe(true);
  expect(isSegmentPatches(Uint8Array.of(0x42))).toBe(false);
  expect(isSegmentPatches(new Uint8Array(0))).toBe(false);
});
