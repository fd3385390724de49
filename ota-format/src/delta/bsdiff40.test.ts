import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { applyBsdiff40, applyBsdiff40ToBytes } from "./bsdiff40-apply.ts";
import { createBsdiff40 } from "./bsdiff40-create.ts";
import { encodeHeader, inspectBsdiff40, readOffset, writeOffset } from "./bsdiff40-header.ts";
import { compressBzip2 } from "./bzip2/compress.ts";
import { codeLikePair, randomSource } from "./code-like-pair.ts";
import { DeltaError } from "./delta-error.ts";

const LIMIT = { maxResultBytes: 1_000_000 };

/** Two small images by formula, and the patch that Debian's bsdiff 4.3-23 made of them. */
const BASE = Uint8Array.from({ length: 300 }, (_, i) => ((i * i) >> 2) ^ (i >> 1));
const RESULT = ((): Uint8Array => {
  const moved = [...BASE.subarray(100, 250), ...BASE.subarray(0, 100)];
  moved[20]! ^= 0x55;
  moved[60]! += 9;
  moved[200]! ^= 1;
  moved.splice(120, 0, ...new TextEncoder().encode("halfshaft"));
  return Uint8Array.from(moved);
})();
const PATCH = Uint8Array.from(
  Buffer.from(
    "425344494646343042000000000000003600000000000000030100000000" +
      "0000425a6839314159265359ea825fcf000003e9c0d82c00012000040000" +
      "4040000010200021a23d47a8f210340d051b56e202abf60310980e0bb922" +
      "9c284875412fe780425a6839314159265359dbf7cfb10000007440602040" +
      "0008020002008020002190d1ea10c08dec912616caf177245385090dbf7c" +
      "fb10425a683931415926535940e4e009000002818021440c0020002193d0" +
      "8300142e32f17724538509040e4e0090",
    "hex",
  ),
);

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof DeltaError) return error.code;
    throw error;
  }
  return "none";
}

/** A patch with control triples of our choice. */
function patchOf(
  control: readonly number[],
  diff: Uint8Array,
  extra: Uint8Array,
  resultBytes: number,
): Uint8Array {
  const offsets = new Uint8Array(control.length * 8);
  control.forEach((value, i) => writeOffset(value, offsets, i * 8));
  const [c, d, e] = [offsets, diff, extra].map((part) => compressBzip2(part)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const header = encodeHeader({
    controlBytes: c.length,
    diffBytes: d.length,
    extraBytes: e.length,
    resultBytes,
  });
  return Uint8Array.from([...header, ...c, ...d, ...e]);
}

describe("offsets", () => {
  // The encoding of bsdiff 4.3's offtout.
  test.each([
    [0, "0000000000000000"],
    [1, "0100000000000000"],
    [-1, "0100000000000080"],
    [0x1_2345_6789, "8967452301000000"],
    [-0x1_2345_6789, "8967452301000080"],
  ])("U5 %d is written as %s and read again", (value, expected) => {
    const bytes = new Uint8Array(8);
    writeOffset(value, bytes, 0);
    expect(Buffer.from(bytes).toString("hex")).toBe(expected);
    expect(readOffset(bytes, 0)).toBe(value);
  });

  test("E5 an offset of 2^53 or more is refused", () => {
    expect(codeOf(() => readOffset(Uint8Array.of(0, 0, 0, 0, 0, 0, 0x20, 0), 0))).toBe("bad-offset");
  });
});

describe("creating", () => {
  test("U5 the patch is the one that Debian's bsdiff makes, byte for byte", () => {
    expect(createBsdiff40(BASE, RESULT)).toEqual(PATCH);
  });

  test("U5 progress rises from 0 to 1", () => {
    const { base, result } = codeLikePair(200_000, 5);
    const shares: number[] = [];
    createBsdiff40(base, result, { onProgress: (share) => shares.push(share) });
    expect(shares.length).toBeGreaterThan(3);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBeCloseTo(1);
  });

  test("U5 any result comes back from any base", () => {
    const image = fc.uint8Array({ max: 8, maxLength: 300 });
    fc.assert(
      fc.property(image, image, (base, result) => {
        expect(applyBsdiff40ToBytes(base, createBsdiff40(base, result), LIMIT)).toEqual(result);
      }),
    );
  });
});

describe("inspecting", () => {
  test("U5 the header's fields are shown", () => {
    expect(inspectBsdiff40(PATCH)).toEqual({
      controlBytes: 66,
      diffBytes: 54,
      extraBytes: 44,
      resultBytes: 259,
    });
  });

  test.each([
    ["a patch of 31 bytes", PATCH.subarray(0, 31), "truncated"],
    ["another magic", PATCH.with(7, 0x31), "bad-magic"],
    ["a control stream longer than the patch", PATCH.with(9, 1), "bad-header"],
    ["a negative length", PATCH.with(23, 0x80), "bad-header"],
    ["a negative result", PATCH.with(31, 0x80), "bad-header"],
  ])("E5 %s is refused", (_, patch, code) => {
    expect(codeOf(() => inspectBsdiff40(patch))).toBe(code);
  });
});

describe("applying", () => {
  test("E5 a patch by Debian's bsdiff gives the result", () => {
    expect(applyBsdiff40ToBytes(BASE, PATCH, LIMIT)).toEqual(RESULT);
  });

  test("E5 the result comes in pieces of at most 256 KiB", () => {
    const { base, result } = codeLikePair(900_000, 6);
    const chunks = [...applyBsdiff40(base, createBsdiff40(base, result), LIMIT)];
    expect(chunks.map((chunk) => chunk.length).slice(0, -1)).toEqual([0x40000, 0x40000, 0x40000]);
    expect(Buffer.compare(Buffer.concat(chunks), result)).toBe(0);
  });

  const nothing = new Uint8Array(0);
  const four = Uint8Array.of(1, 2, 3, 4);
  test.each([
    ["a result beyond the limit", patchOf([], nothing, nothing, LIMIT.maxResultBytes + 1), "too-large"],
    ["a control stream that ends early", patchOf([4, 0, 0], four, nothing, 5), "truncated"],
    ["differences that end early", patchOf([5, 0, 0], four, nothing, 5), "truncated"],
    ["extra bytes that end early", patchOf([0, 5, 0], nothing, four, 5), "truncated"],
    ["a step beyond the result", patchOf([0, 4, 0], nothing, four, 3), "bad-length"],
    ["a step of negative length", patchOf([-4, 8, 0], four, four, 4), "bad-length"],
    ["a read before the base", patchOf([0, 0, -1, 4, 0, 0], four, nothing, 4), "bad-offset"],
    ["a read behind the base", patchOf([0, 0, 297, 4, 0, 0], four, nothing, 4), "bad-offset"],
    ["steps that make nothing", patchOf(Array(9000).fill(0), nothing, nothing, 1), "bad-length"],
    ["a step too many", patchOf([4, 0, 0, 0, 0, 0], four, nothing, 4), "trailing-bytes"],
    ["differences left over", patchOf([3, 0, 0], four, nothing, 3), "trailing-bytes"],
    ["extra bytes left over", patchOf([0, 3, 0], nothing, four, 3), "trailing-bytes"],
    ["a byte behind the patch", Uint8Array.from([...PATCH, 0]), "trailing-bytes"],
    ["a patch without its last byte", PATCH.subarray(0, -1), "truncated"],
  ])("E5 %s is refused", (_, patch, code) => {
    expect(codeOf(() => applyBsdiff40ToBytes(BASE, patch, LIMIT))).toBe(code);
  });

  test("E5 a bomb of zeros costs no more than the limit", () => {
    const bomb = patchOf([0, 40_000_000, 0], nothing, new Uint8Array(40_000_000), 40_000_000);
    expect(bomb.length).toBeLessThan(200);
    expect(codeOf(() => applyBsdiff40(BASE, bomb, LIMIT).next())).toBe("too-large");
  });

  test("E5 a damaged patch is refused, or makes no more bytes than it announces within the limit", () => {
    const random = randomSource(7);
    for (let run = 0; run < 2000; run++) {
      const damaged = PATCH.slice(0, random() < 0.1 ? Math.ceil(random() * PATCH.length) : PATCH.length);
      for (let flips = 1 + random() * 3; flips > 0; flips--) {
        damaged[Math.floor(random() * damaged.length)]! ^= 1 << Math.floor(random() * 8);
      }
      let made = 0;
      codeOf(() => {
        for (const chunk of applyBsdiff40(BASE, damaged, LIMIT)) made += chunk.length;
      });
      expect(made).toBeLessThanOrEqual(LIMIT.maxResultBytes);
    }
  });
});

describe("beside Debian's tools", () => {
  const available = spawnSync("bsdiff").error === undefined;
  const folder = mkdtempSync(join(tmpdir(), "bsdiff40-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string): string => join(folder, name);

  // The tool takes no empty files.
  const PAIRS = {
    "code-like": codeLikePair(300_000, 8),
    unrelated: { base: codeLikePair(20_000, 1).base, result: codeLikePair(20_000, 2).result },
  };
  test.skipIf(!available).each(Object.entries(PAIRS))(
    "U5 E5 each applies the other's patch, and ours is as small: %s (skipped where bsdiff is not installed)",
    (_, { base, result }) => {
      writeFileSync(file("base"), base);
      writeFileSync(file("result"), result);
      spawnSync("bsdiff", [file("base"), file("result"), file("theirs")]);
      const theirs = readFileSync(file("theirs"));
      expect(Buffer.compare(applyBsdiff40ToBytes(base, theirs, LIMIT), result)).toBe(0);

      const ours = createBsdiff40(base, result);
      writeFileSync(file("ours"), ours);
      spawnSync("bspatch", [file("base"), file("applied"), file("ours")]);
      expect(Buffer.compare(readFileSync(file("applied")), result)).toBe(0);
      expect(ours.length).toBeLessThanOrEqual(theirs.length * 1.005);
    },
  );
});
