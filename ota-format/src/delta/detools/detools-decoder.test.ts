import { describe, expect, test } from "vitest";
import { randomSource } from "../code-like-pair.ts";
import { DeltaError } from "../delta-error.ts";
import { DetoolsDecoder } from "./detools-decoder.ts";
import type { DetoolsDecoderOptions } from "./detools-decoder.ts";
import { encodeLiterals } from "./literal-encoder.ts";
import { ECU_LZMA } from "./lzma-header.ts";
import { encodePatchStart } from "./patch-start.ts";
import { encodeSize } from "./sizes.ts";

const BASE = Uint8Array.from({ length: 300 }, (_, i) => ((i * i) >> 2) ^ (i >> 1));

/**
 * Four steps written down by hand, by a Python script after detools' documentation, and compressed by liblzma
 * (Python: lzma.compress, FORMAT_ALONE, dict_size=4096, lc=1, lp=0, pb=0).
 */
const PATCH = Buffer.from(
  "01b3070100100000ffffffffffffffff00002b0535e21709e3a42c3596b50b7eea70159684de5bee008dc41a27781a17" +
    "3ad9e62895d2baf51db4fd7e711482160810d161fba869b3f2ff1cf90b00",
  "hex",
);
const RESULT = ((): Uint8Array => {
  const text = (value: string): number[] => [...new TextEncoder().encode(value)];
  const parts = [
    [...BASE.subarray(0, 100)],
    text("halfshaft"),
    [...BASE.subarray(50, 130)],
    text("ECU ".repeat(40)),
    [...BASE.subarray(0, 150)],
  ];
  parts[0]![20]! += 0x55;
  parts[0]![60]! += 9;
  parts[4]![0]! += 1;
  parts[4]![149]! -= 1;
  return Uint8Array.from(parts.flat());
})();

const OPTIONS: DetoolsDecoderOptions = { baseBytes: BASE.length, maxResultBytes: 1000, pageBytes: 64 };

/** A device whose result bank is 1000 bytes; a write outside it would throw. */
class Bank {
  readonly bytes = new Uint8Array(1000).fill(0xff);
  readonly writes: [offset: number, length: number][] = [];

  readBase(offset: number, into: Uint8Array): void {
    expect(offset + into.length).toBeLessThanOrEqual(BASE.length);
    into.set(BASE.subarray(offset, offset + into.length));
  }

  writeResult(page: Uint8Array, offset: number): void {
    this.writes.push([offset, page.length]);
    this.bytes.set(page, offset);
  }

  result(): Uint8Array {
    return this.bytes.subarray(0, RESULT.length);
  }
}

function apply(patch: Uint8Array, pieceBytes: number, options = OPTIONS): { bank: Bank; code: string } {
  const bank = new Bank();
  try {
    const decoder = new DetoolsDecoder(bank, options);
    for (let at = 0; at < patch.length; at += pieceBytes) decoder.push(patch.subarray(at, at + pieceBytes));
    decoder.finish();
    return { bank, code: "none" };
  } catch (error) {
    if (error instanceof DeltaError) return { bank, code: error.code };
    throw error;
  }
}

/** A patch of steps of our choice; numbers are sizes, arrays are bytes. */
function patchOf(resultBytes: number, parts: readonly (number | readonly number[])[]): Uint8Array {
  const steps = parts.flatMap((part) => (typeof part === "number" ? encodeSize(part) : [...part]));
  const stream = encodeLiterals(Uint8Array.from(steps), ECU_LZMA);
  return Uint8Array.from([...encodePatchStart(resultBytes, ECU_LZMA), ...stream]);
}

describe("applying", () => {
  test.each([1, 2, 7, 24, 25, 300])("E5 the golden patch gives its result in pieces of %d bytes", (piece) => {
    const { bank, code } = apply(PATCH, piece);
    expect(code).toBe("none");
    expect(bank.result()).toEqual(RESULT);
  });

  test("S3 the result is written forward in whole pages, the last one shorter", () => {
    const { bank } = apply(PATCH, 10);
    const pages = Array.from({ length: 7 }, (_, i): [number, number] => [i * 64, 64]);
    expect(bank.writes).toEqual([...pages, [448, RESULT.length - 448]]);
  });

  test("S3 the decoder counts what it went on with while the patch came in", () => {
    const decoder = new DetoolsDecoder(new Bank(), OPTIONS);
    expect([decoder.patchBytes, decoder.resultBytes, decoder.writtenBytes]).toEqual([0, 0, 0]);
    decoder.push(PATCH.subarray(0, 60));
    expect([decoder.patchBytes, decoder.resultBytes, decoder.writtenBytes]).toEqual([60, 499, 64]);
    decoder.push(PATCH.subarray(60));
    decoder.finish();
    expect([decoder.patchBytes, decoder.resultBytes, decoder.writtenBytes]).toEqual([PATCH.length, 499, 499]);
  });
});

describe("memory", () => {
  test("S3 with pages of 1 KiB the decoder stays within 11 KiB", () => {
    const decoder = new DetoolsDecoder(new Bank(), { ...OPTIONS, pageBytes: 1024 });
    expect(decoder.ramBytes).toBe(10_902);
  });

  test("S3 a decoder over its RAM budget is refused", () => {
    const options = { ...OPTIONS, pageBytes: 8192 };
    expect(apply(PATCH, 10, options).code).toBe("too-large");
    expect(apply(PATCH, 10, { ...options, ramBudgetBytes: 20_000 }).code).toBe("none");
  });

  test.each([
    // As Python's lzma compresses unless told otherwise, and so stock detools.
    ["a dictionary of 8 MiB", "01b3075d00008000ffffffffffffffff000000000000000000"],
    ["a dictionary of 4097 bytes", "01b3070101100000ffffffffffffffff000000000000000000"],
    ["models of lc = 2", "01b3070200100000ffffffffffffffff000000000000000000"],
    ["models of pb = 1", "01b3072e00100000ffffffffffffffff000000000000000000"],
  ])("S3 a patch that needs %s is refused before anything is written", (_, hex) => {
    const { bank, code } = apply(Buffer.from(hex, "hex"), 10);
    expect(code).toBe("too-large");
    expect(bank.writes).toEqual([]);
  });
});

describe("refusing", () => {
  const four = [1, 2, 3, 4];
  test.each([
    ["a result beyond the bank", patchOf(1001, [0]), "too-large"],
    ["a data format", patchOf(4, [1, 0, 0]), "bad-header"],
    ["differences beyond the result", patchOf(3, [0, 4, four, 0, 0]), "bad-length"],
    ["extra bytes beyond the result", patchOf(3, [0, 0, 4, four, 0]), "bad-length"],
    ["a negative size", patchOf(3, [0, -1]), "bad-length"],
    ["a size without end", patchOf(3, [0, Array<number>(6).fill(0x80)]), "bad-length"],
    ["a read behind the base", patchOf(8, [0, 0, 4, four, 297, 4, four, 0, 0]), "bad-offset"],
    ["a seek before the base", patchOf(4, [0, 0, 0, -1]), "bad-offset"],
    ["a seek behind the base", patchOf(4, [0, 0, 0, 301]), "bad-offset"],
    ["steps that make nothing", patchOf(4, [0, Array<number>(9000).fill(0)]), "bad-length"],
    ["a result that stays incomplete", patchOf(5, [0, 4, four, 0, 0]), "truncated"],
    ["a stream that goes on", patchOf(4, [0, 4, four, 0, 0, 0]), "trailing-bytes"],
    ["a byte behind the patch", Uint8Array.from([...PATCH, 0]), "trailing-bytes"],
    ["much behind the patch", Uint8Array.from([...PATCH, ...PATCH]), "trailing-bytes"],
    ["a patch without its last bytes", PATCH.subarray(0, -2), "truncated"],
    ["no patch at all", new Uint8Array(0), "truncated"],
    ["another type of patch", PATCH.subarray(1), "bad-magic"],
  ])("E5 %s is refused", (_, patch, code) => {
    expect(apply(patch, 13).code).toBe(code);
  });

  test("E5 a reference to bytes that were never there is refused", () => {
    // Probabilities make 7F FF FF FF.. a match at once.
    const patch = Uint8Array.from([...PATCH.subarray(0, 16), 0, ...Array<number>(40).fill(0xfe)]);
    expect(apply(patch, 100).code).toBe("bad-compression");
  });

  test("E5 a damaged patch is refused or makes a wrong result, but never writes outside the bank", () => {
    const random = randomSource(15);
    for (let run = 0; run < 3000; run++) {
      const damaged = Uint8Array.from(PATCH);
      for (let flips = 1 + random() * 3; flips > 0; flips--) {
        damaged[Math.floor(random() * damaged.length)]! ^= 1 << Math.floor(random() * 8);
      }
      const { bank } = apply(damaged, 1 + Math.floor(random() * 60));
      for (const [offset, length] of bank.writes) expect(offset + length).toBeLessThanOrEqual(1000);
    }
  });
});

describe("snapshots", () => {
  test("E5 a decoder restored at any byte of the patch goes on to the same result", () => {
    for (let cut = 0; cut <= PATCH.length; cut++) {
      const before = new DetoolsDecoder(new Bank(), OPTIONS);
      before.push(PATCH.subarray(0, cut));
      const snapshot = before.snapshot();
      expect(snapshot.length).toBe(before.snapshotBytes);
      const written = before.writtenBytes;
      before.push(PATCH.subarray(cut, cut + 20)); // what came after the snapshot is lost

      const bank = new Bank();
      bank.bytes.set(RESULT.subarray(0, written));
      const after = new DetoolsDecoder(bank, OPTIONS);
      after.restore(snapshot);
      expect([after.patchBytes, after.writtenBytes]).toEqual([cut, written]);
      after.push(PATCH.subarray(cut));
      after.finish();
      expect(bank.result()).toEqual(RESULT);
      expect(bank.writes[0]?.[0] ?? written).toBe(written);
    }
  });

  test("S3 a snapshot fits in 11 KiB with pages of 1 KiB", () => {
    const decoder = new DetoolsDecoder(new Bank(), { ...OPTIONS, pageBytes: 1024 });
    expect(decoder.snapshotBytes).toBe(10_342);
  });

  test("E5 a torn or foreign snapshot is refused, and the decoder stays as it was", () => {
    const decoder = new DetoolsDecoder(new Bank(), OPTIONS);
    decoder.push(PATCH.subarray(0, 50));
    const snapshot = decoder.snapshot();
    const torn = snapshot.slice().fill(0xff, 4000);
    const other = new DetoolsDecoder(new Bank(), { ...OPTIONS, pageBytes: 128 }).snapshot();
    const bank = new Bank();
    const fresh = new DetoolsDecoder(bank, OPTIONS);
    expect(() => fresh.restore(torn)).toThrow(expect.objectContaining({ code: "bad-checksum" }));
    expect(() => fresh.restore(other)).toThrow(expect.objectContaining({ code: "bad-header" }));
    expect(() => fresh.restore(snapshot.with(0, 0))).toThrow(expect.objectContaining({ code: "bad-header" }));
    fresh.push(PATCH);
    fresh.finish();
    expect(bank.result()).toEqual(RESULT);
  });
});
