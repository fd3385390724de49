import fc from "fast-check";
import { expect, test } from "vitest";
import { codeLikePair } from "../code-like-pair.ts";
import { inlineDeltaEngine } from "../engine.ts";
import { applyDetools, inspectDetools } from "./detools-apply.ts";
import { createDetools } from "./detools-create.ts";
import type { LzmaCompressor } from "./detools-create.ts";
import { encodeLiterals } from "./literal-encoder.ts";
import { ECU_LZMA } from "./lzma-header.ts";

const compress: LzmaCompressor = async (bytes, properties) => encodeLiterals(bytes, properties);
const engine = inlineDeltaEngine();
const LIMIT = { maxResultBytes: 1_000_000 };

test("U5 a patch is its type, the length, an LZMA header and what was compressed", async () => {
  let steps = new Uint8Array(0);
  const base = new TextEncoder().encode("a drive shaft, and then the other half of it");
  const result = new TextEncoder().encode("a drive shart, and then the other half");
  const patch = await createDetools(base, result, {
    engine,
    compress: async (bytes) => {
      steps = Uint8Array.from(bytes);
      return Uint8Array.of(0xc0, 0xde);
    },
  });
  // One step: 38 bytes that differ in one ('r' - 'f' = 12), no extra bytes, no adjustment.
  expect([...steps]).toEqual([0, 38, ...Array<number>(11).fill(0), 12, ...Array<number>(26).fill(0), 0, 0]);
  // lc = 1, lp = 0, pb = 0; dictionary 00001000 hex, little-endian; no length.
  expect(Buffer.from(patch).toString("hex")).toBe("01260100100000ffffffffffffffffc0de");
});

test("U5 an empty result is a patch without a stream", async () => {
  const patch = await createDetools(Uint8Array.of(1, 2, 3), new Uint8Array(0), { engine, compress });
  expect([...patch]).toEqual([0x01, 0x00]);
  expect(applyDetools(Uint8Array.of(1, 2, 3), patch, LIMIT)).toEqual(new Uint8Array(0));
});

test("U5 E5 any result comes back from any base", async () => {
  const image = fc.uint8Array({ max: 8, maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(image, image, async (base, result) => {
      const patch = await createDetools(base, result, { engine, compress });
      expect(applyDetools(base, patch, LIMIT)).toEqual(result);
    }),
  );
});

test("U5 what a patch says of itself is shown", async () => {
  const { base, result } = codeLikePair(40_000, 11);
  const patch = await createDetools(base, result, { engine, compress });
  expect(inspectDetools(patch)).toEqual({ resultBytes: result.length, properties: ECU_LZMA });
});

test.each([
  ["nothing", "", "truncated"],
  ["half a header", "01b307010010", "truncated"],
  ["another type of patch", "1100", "bad-magic"],
  ["another compression", "0200", "bad-magic"],
  ["a negative length", "0141", "bad-header"],
  ["an impossible properties byte", "0101e100100000ffffffffffffffff00", "bad-header"],
  ["a stream of announced length", "01010100100000050000000000000000", "bad-header"],
])("E5 %s is refused", (_, hex, code) => {
  expect(() => inspectDetools(Buffer.from(hex, "hex"))).toThrow(
    expect.objectContaining({ name: "DeltaError", code }),
  );
});
