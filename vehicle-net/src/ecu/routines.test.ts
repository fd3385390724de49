import { describe, expect, test } from "vitest";
import { hex, text } from "../uds/test-link.ts";
import { engine } from "./profiles/engine.ts";
import {
  decodeRoutineOptions,
  decodeRoutineResult,
  encodeRoutineOptions,
  encodeRoutineResult,
  routineNamed,
  routineResults,
  type RoutineResult,
} from "./routines.ts";

describe("V4 routines", () => {
  test("V4 eraseMemory names a range in the form of RequestDownload", () => {
    const options = { address: 0x7000_0000, length: 0x1_0000 };
    const bytes = "44 70 00 00 00 00 01 00 00";
    expect(text(encodeRoutineOptions("eraseMemory", options))).toBe(bytes);
    expect(decodeRoutineOptions("eraseMemory", hex(bytes))).toEqual({ format: 0x44, ...options });
  });

  test("V4 checkBase names the base and the patch by their digests, and the patch's length", () => {
    const options = {
      baseSha256: new Uint8Array(32).fill(0xb0),
      patchSha256: new Uint8Array(32).fill(0xd1),
      patchBytes: 0x29a0,
    };
    const bytes = `${"B0 ".repeat(32)}${"D1 ".repeat(32)}00 00 29 A0`;
    expect(text(encodeRoutineOptions("checkBase", options))).toBe(bytes);
    expect(decodeRoutineOptions("checkBase", hex(bytes))).toEqual(options);
  });

  test("V4 checkMemory carries the signed descriptor as it is", () => {
    const options = { signedDescriptor: hex("48 53 44 31 AB") };
    expect(encodeRoutineOptions("checkMemory", options)).toEqual(options.signedDescriptor);
    expect(decodeRoutineOptions("checkMemory", options.signedDescriptor)).toEqual(options);
  });

  test("V4 checkMemory needs a descriptor", () => {
    const read = (): unknown => decodeRoutineOptions("checkMemory", hex(""));
    expect(read).toThrow(expect.objectContaining({ code: "too-short" }));
  });

  test.each(["checkPreconditions", "checkDependencies", "activate", "commit", "revert"] as const)(
    "V4 %s takes no option record",
    (name) => {
      expect(encodeRoutineOptions(name, {})).toHaveLength(0);
      expect(() => decodeRoutineOptions(name, hex("00"))).toThrow(
        expect.objectContaining({ code: "too-long" }),
      );
    },
  );

  test.each([
    ["ok", "00"],
    ["badSignature", "01"],
    ["digestMismatch", "06"],
    ["notChecked", "07"],
    ["baseMismatch", "09"],
    ["voltageOutOfRange", "22"],
  ] as const)("V4 the result %s is the byte %s", (result, byte) => {
    expect(text(encodeRoutineResult(result))).toBe(byte);
    expect(decodeRoutineResult(hex(byte))).toBe(result);
  });

  test("V4 a result that nobody knows is not taken for ok", () => {
    expect(decodeRoutineResult(hex("42"))).toBe("other");
  });

  test("V4 every result has a byte of its own", () => {
    const names = Object.keys(routineResults) as RoutineResult[];
    expect(names.map((name) => decodeRoutineResult(encodeRoutineResult(name)))).toEqual(names);
  });

  test("V4 a number is a routine of its profile or none", () => {
    expect(routineNamed(engine, 0xff00)).toBe("eraseMemory");
    expect(routineNamed(engine, 0xff02)).toBeUndefined();
  });
});
