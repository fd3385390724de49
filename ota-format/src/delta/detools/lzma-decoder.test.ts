import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { codeLikePair, randomSource } from "../code-like-pair.ts";
import { InputWindow } from "./input-window.ts";
import { encodeLiterals } from "./literal-encoder.ts";
import { LzmaDecoder } from "./lzma-decoder.ts";
import { decodeLzmaHeader, ECU_LZMA, encodeLzmaHeader, LZMA_HEADER_BYTES } from "./lzma-header.ts";
import type { LzmaProperties } from "./lzma-header.ts";

/** Any properties of the format, with a dictionary of 64 KiB. */
const WIDE: LzmaProperties = {
  literalContextBits: 8,
  literalPositionBits: 4,
  positionBits: 4,
  dictionaryBytes: 0x1_0000,
};

/** Decodes a stream of the LZMA-alone format. */
function decode(alone: Uint8Array, limits: LzmaProperties): Uint8Array {
  const input = new InputWindow();
  const emitted: number[] = [];
  const decoder = new LzmaDecoder(limits, input, (byte) => emitted.push(byte));
  let at = LZMA_HEADER_BYTES + input.fill(alone, LZMA_HEADER_BYTES);
  decoder.start(decodeLzmaHeader(alone));
  do at += input.fill(alone, at);
  while (decoder.decodeSymbol());
  expect(at - input.available).toBe(alone.length);
  return Uint8Array.from(emitted);
}

test("E5 the classic header 5D means lc = 3, lp = 0, pb = 2", () => {
  // What xz and Python write for LZMA-alone unless told otherwise: 8 MiB of dictionary.
  const header = Buffer.from("5d00008000ffffffffffffffff", "hex");
  const properties: LzmaProperties = {
    literalContextBits: 3,
    literalPositionBits: 0,
    positionBits: 2,
    dictionaryBytes: 8_388_608,
  };
  expect(decodeLzmaHeader(header)).toEqual(properties);
  expect(encodeLzmaHeader(properties)).toEqual(new Uint8Array(header));
});

test("E5 literals come back under any properties", () => {
  const input = codeLikePair(4_000, 12).base.subarray(0, 3_000);
  for (const [lc, lp, pb] of [
    [0, 0, 0],
    [1, 0, 0],
    [3, 0, 2],
    [0, 2, 4],
  ] as const) {
    const properties = {
      literalContextBits: lc,
      literalPositionBits: lp,
      positionBits: pb,
      dictionaryBytes: 4096,
    };
    const alone = [...encodeLzmaHeader(properties), ...encodeLiterals(input, properties)];
    expect(Buffer.compare(decode(Uint8Array.from(alone), WIDE), input)).toBe(0);
  }
});

describe("beside liblzma, through Python", () => {
  const ENCODE =
    "import lzma,sys; lc,lp,pb,size=map(int,sys.argv[1:]); " +
    "f=[dict(id=lzma.FILTER_LZMA1,dict_size=size,lc=lc,lp=lp,pb=pb)]; " +
    "sys.stdout.buffer.write(lzma.compress(sys.stdin.buffer.read(),format=lzma.FORMAT_ALONE,filters=f))";
  const python = (input: Uint8Array, ...args: number[]): ReturnType<typeof spawnSync> =>
    spawnSync("python3", ["-c", ENCODE, ...args.map(String)], { input, maxBuffer: 1e8 });
  const available = python(new Uint8Array(1), 0, 0, 0, 4096).status === 0;

  const random = randomSource(13);
  const INPUTS: Record<string, Uint8Array> = {
    nothing: new Uint8Array(0),
    code: codeLikePair(120_000, 14).base,
    zeros: new Uint8Array(50_000),
    noise: Uint8Array.from({ length: 5_000 }, () => random() * 256),
    "short repeats": Uint8Array.from({ length: 20_000 }, () => random() * 3),
  };
  test.skipIf(!available).each(Object.keys(INPUTS))(
    "E5 its streams of %s are decoded (skipped where Python has no lzma)",
    (name) => {
      const input = INPUTS[name]!;
      const ecu = python(input, 1, 0, 0, 4096).stdout as Buffer;
      expect(Buffer.compare(decode(ecu, ECU_LZMA), input)).toBe(0);
      for (const [lc, lp, pb] of [
        [3, 0, 2],
        [0, 4, 4],
        [2, 2, 0],
      ] as const) {
        const alone = python(input, lc, lp, pb, 0x1_0000).stdout as Buffer;
        expect(Buffer.compare(decode(alone, WIDE), input)).toBe(0);
      }
    },
  );
});
