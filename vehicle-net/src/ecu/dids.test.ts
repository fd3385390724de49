import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hex, text } from "../uds/test-link.ts";
import { decodeDid, didNamed, type DidValue, encodeDid } from "./dids.ts";
import { engine } from "./profiles/engine.ts";
import type { DidName } from "./profile.ts";

const row = <N extends DidName>(name: N, value: DidValue<N>, bytes: string) => ({
  name,
  value,
  bytes,
  written: () => text(encodeDid(name, value)),
});
const digest = "00 11 22 33 44 55 66 77 88 99 AA BB CC DD EE FF ".repeat(2).trim();

// Encodings are this project's own; bytes composed by hand from the comments in dids.ts.
const rows = [
  row("serialNumber", "ENG-1", "45 4E 47 2D 31"),
  row("hardwareId", "K3-ADAS", "4B 33 2D 41 44 41 53"),
  row("softwareVersion", "2.0.0", "32 2E 30 2E 30"),
  row("fingerprint", { date: "2026-11-21", tester: "GW1" }, "26 11 21 47 57 31"),
  row("activeBank", "A", "00"),
  row("activeBank", "B", "01"),
  row("trialState", "none", "00"),
  row("trialState", "armed", "01"),
  row("trialState", "trial", "02"),
  row("trialState", "fallback", "03"),
  row("trialState", "unknown", "FF"),
  row(
    "resumeOffset",
    { offset: 0x1_2340, digestPrefix: hex("01 02 03 04 05 06 07 08") },
    "00 01 23 40 01 02 03 04 05 06 07 08",
  ),
  row(
    "resumePatch",
    { patchOffset: 0x0ffe, digestPrefix: hex("A1 A2 A3 A4 A5 A6 A7 A8") },
    "00 00 0F FE A1 A2 A3 A4 A5 A6 A7 A8",
  ),
  row("imageDigest", hex(digest), digest),
  row("releaseCounter", 7, "00 00 00 07"),
];

describe("V4 data identifiers", () => {
  test.each(rows)("V4 $name $value is written as its bytes", ({ written, bytes }) => {
    expect(written()).toBe(bytes);
  });

  test.each(rows)("V4 $name $value is read from its bytes", ({ name, value, bytes }) => {
    expect(decodeDid(name, hex(bytes))).toEqual(value);
  });

  test("V4 zeros and blanks that fill a text are not part of it", () => {
    expect(decodeDid("softwareVersion", hex("32 2E 30 20 00 00"))).toBe("2.0");
  });

  test("V4 a trial state that nobody knows reads as unknown, not as none", () => {
    expect(decodeDid("trialState", hex("42"))).toBe("unknown");
  });

  test.each([
    ["activeBank", "02", "out-of-range"],
    ["activeBank", "", "too-short"],
    ["activeBank", "00 00", "too-long"],
    ["imageDigest", "00", "too-short"],
    ["resumeOffset", "00 00 00 01", "too-short"],
    ["resumePatch", "00 00 00 01 01 02 03 04 05 06 07", "too-short"],
  ] as const)("V4 %s does not accept the bytes [%s]", (name, bytes, code) => {
    expect(() => decodeDid(name, hex(bytes))).toThrow(expect.objectContaining({ code }));
  });

  test.each([
    ["a text beyond ASCII", () => encodeDid("serialNumber", "Motör")],
    ["an empty text", () => encodeDid("serialNumber", "")],
    ["a date of the last century", () => encodeDid("fingerprint", { date: "1999-01-01", tester: "x" })],
    ["a short digest", () => encodeDid("imageDigest", hex("00"))],
    ["a counter beyond 32 bits", () => encodeDid("releaseCounter", 2 ** 32)],
  ])("V4 %s is not written", (_what, write) => {
    expect(write).toThrow(expect.objectContaining({ name: "UdsFormatError", code: "out-of-range" }));
  });

  test("V4 any offset and digest prefix survive the way", () => {
    const values = fc.record({
      offset: fc.integer({ min: 0, max: 0xffff_ffff }),
      digestPrefix: fc.uint8Array({ minLength: 8, maxLength: 8 }),
    });
    fc.assert(
      fc.property(values, (value) => {
        expect(decodeDid("resumeOffset", encodeDid("resumeOffset", value))).toEqual(value);
      }),
    );
  });

  test("V4 a number is a name of its profile or none", () => {
    expect(didNamed(engine, 0xf195)).toBe("softwareVersion");
    expect(didNamed(engine, 0xf190)).toBeUndefined();
  });
});
