import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codeLikePair, randomSource } from "../code-like-pair.ts";
import { DeltaError } from "../delta-error.ts";
import { compressBzip2 } from "./compress.ts";
import { Bzip2Decompressor } from "./decompressor.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Written by libbz2 1.0.8 at level 9, through Python's bz2. */
const GOLDEN: readonly (readonly [string, Uint8Array, string])[] = [
  ["nothing", bytes(""), "425a683917724538509000000000"],
  [
    "a word",
    bytes("halfshaft"),
    "425a683931415926535940e4e009000002818021440c0020002193d08300142e32f17724538509040e4e0090",
  ],
];

function decompress(compressed: Uint8Array, pieceBytes = 7, usefulBytes = 10_000): Uint8Array {
  const decompressor = new Bzip2Decompressor(compressed, usefulBytes);
  const pieces: Uint8Array[] = [];
  for (;;) {
    const piece = new Uint8Array(pieceBytes);
    const count = decompressor.read(piece, 0, piece.length);
    pieces.push(piece.subarray(0, count));
    if (count < piece.length) break;
  }
  decompressor.finish();
  return new Uint8Array(Buffer.concat(pieces));
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof DeltaError) return error.code;
    throw error;
  }
  return "none";
}

describe("compressing", () => {
  test.each(GOLDEN)("U5 %s becomes the bytes that libbz2 writes", (_, input, expected) => {
    expect(compressBzip2(input)).toEqual(hex(expected));
  });

  const available = spawnSync("bzip2", ["--version"], { input: "" }).error === undefined;
  const INPUTS: Record<string, Uint8Array> = {
    "code over several blocks": codeLikePair(2_000_000, 1).base,
    "bytes of three values": Uint8Array.from({ length: 1_200_000 }, mapRandom(2, 3)),
    "two letters in turn": bytes("ab".repeat(50_000)),
    "only zeros": new Uint8Array(1_000_000),
    noise: Uint8Array.from({ length: 30_000 }, mapRandom(3, 256)),
  };
  test.skipIf(!available).each(Object.keys(INPUTS))(
    "U5 %s become the bytes that the bzip2 tool writes (skipped where it is not installed)",
    (name) => {
      const input = INPUTS[name]!;
      const { stdout } = spawnSync("bzip2", ["-9", "-c"], { input, maxBuffer: 1e8 });
      expect(Buffer.compare(compressBzip2(input), stdout)).toBe(0);
    },
  );

  function mapRandom(seed: number, limit: number): () => number {
    const random = randomSource(seed);
    return () => Math.floor(random() * limit);
  }
});

describe("decompressing", () => {
  test.each(GOLDEN)("E5 %s is read from the bytes that libbz2 wrote", (_, expected, compressed) => {
    expect(decompress(hex(compressed))).toEqual(expected);
  });

  test("E5 a stream of level 1 with the longest run is read", () => {
    // Python: bz2.compress(b"a" * 259 + b"b" * 4, 1)
    const compressed = hex(
      "425a68313141592653594c4621680000034100c00030000008200030cd3418c812295a1c5dc914e14241311885a0",
    );
    expect(decompress(compressed)).toEqual(bytes("a".repeat(259) + "bbbb"));
  });

  test("E5 whatever was compressed comes back, in pieces of any size", () => {
    const runs = fc
      .array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 600 })))
      .map((pairs) => Uint8Array.from(pairs.flatMap(([byte, count]) => Array<number>(count).fill(byte))));
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 2000 }), runs),
        fc.integer({ min: 1, max: 400 }),
        (x, n) => {
          expect(Buffer.compare(decompress(compressBzip2(x), n), x)).toBe(0);
        },
      ),
    );
  });

  const word = hex(GOLDEN[1]![2]);
  test.each([
    ["no bzip2 stream", bytes("PK"), "bad-compression"],
    ["level 0", bytes("BZh0"), "bad-compression"],
    ["nothing", new Uint8Array(0), "truncated"],
    ["a header alone", bytes("BZh9"), "truncated"],
    ["a stream without its last byte", word.subarray(0, -1), "truncated"],
    ["a stream followed by a byte", Uint8Array.from([...word, 0]), "trailing-bytes"],
    ["a block with another CRC", word.with(10, word[10]! ^ 1), "bad-checksum"],
    ["a stream with another CRC", word.with(word.length - 2, word.at(-2)! ^ 1), "bad-checksum"],
    ["a randomised block", word.with(14, word[14]! | 0x80), "bad-compression"],
    ["neither block nor end", word.with(4, 0), "bad-compression"],
  ])("E5 %s is refused", (_, compressed, code) => {
    expect(codeOf(() => decompress(compressed))).toBe(code);
  });

  test("E5 a stream with a bit turned is refused, or gives the same bytes", () => {
    const input = codeLikePair(6_000, 4).base.subarray(0, 3_000);
    const compressed = compressBzip2(input);
    for (let bit = 0; bit < compressed.length * 8; bit += 19) {
      const damaged = compressed.with(bit >> 3, compressed[bit >> 3]! ^ (0x80 >> (bit & 7)));
      const code = codeOf(() => expect(Buffer.compare(decompress(damaged, 4096), input)).toBe(0));
      expect(code, `bit ${bit}`).not.toBe("worker-failed");
    }
  });
});
