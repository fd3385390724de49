import { describe, expect, test } from "vitest";
import { loadProfile } from "./load-profile.ts";
import type { EcuProfile } from "./profile.ts";
import { engine } from "./profiles/engine.ts";
import { ProfileError } from "./profile-error.ts";
import { profileNamed, profiles } from "./table.ts";

/** The engine's profile with a change, as it would come from a JSON file. */
function changed(change: (profile: EcuProfile) => unknown): unknown {
  const profile = structuredClone(engine);
  change(profile);
  return JSON.parse(JSON.stringify(profile));
}

const failure = (value: unknown): unknown => {
  try {
    return loadProfile(value);
  } catch (error) {
    return error;
  }
};

describe("V4 profiles", () => {
  test.each(profiles.map((profile) => [profile.name, profile] as const))(
    "V4 %s is a profile, also as JSON",
    (_name, profile) => {
      expect(loadProfile(JSON.parse(JSON.stringify(profile)))).toEqual(profile);
    },
  );

  test("V4 every answer has a lower identifier than every request, so that answers do not starve", () => {
    const highestResponse = Math.max(...profiles.map((profile) => profile.addressing.responseId));
    const lowestRequest = Math.min(...profiles.map((profile) => profile.addressing.requestId));
    expect(highestResponse).toBeLessThan(lowestRequest);
  });

  test("V4 no two profiles share a name, a hardware id or an identifier of their own", () => {
    const own = profiles.flatMap((p) => [
      p.name,
      p.hardwareId,
      p.addressing.requestId,
      p.addressing.responseId,
    ]);
    expect(new Set(own).size).toBe(own.length);
  });

  test("V4 an unknown profile is refused, naming those that are known", () => {
    const load = (): EcuProfile => profileNamed("gearbox");
    expect(load).toThrow(expect.objectContaining({ name: "ProfileError", code: "unknown-profile" }));
    expect(load).toThrow("engine, adas, body");
  });

  test.each([
    ["no object", () => 7, ""],
    ["a missing title", () => changed((p) => Reflect.deleteProperty(p, "title")), ""],
    ["a time as text", () => changed((p) => Object.assign(p.timing, { p2Ms: "50" })), "timing.p2Ms"],
    ["a negative address", () => changed((p) => (p.memory[1]!.address = -1)), "memory[1].address"],
    [
      "an unknown step",
      () => changed((p) => p.programmingSequence.push("dance" as never)),
      "programmingSequence[12]",
    ],
    ["a field nobody knows", () => changed((p) => Object.assign(p.flash, { colour: "red" })), "flash.colour"],
    [
      "a data format without raw",
      () => changed((p) => Reflect.deleteProperty(p.transfer.dataFormats, "raw")),
      "transfer.dataFormats",
    ],
  ])("V4 %s is refused with its field", (_what, value, field) => {
    const error = failure(value());
    expect(error).toBeInstanceOf(ProfileError);
    expect(error).toMatchObject({ code: "bad-field", field });
  });

  test.each([
    ["equal identifiers", "addressing", (p: EcuProfile) => (p.addressing.responseId = 0x708)],
    [
      "29 bits without extended",
      "addressing.requestId",
      (p: EcuProfile) => (p.addressing.requestId = 0x18da10f1),
    ],
    ["half a sector", "memory[0].length", (p: EcuProfile) => (p.memory[0]!.length = 0x800)],
    ["regions that overlap", "memory[0]", (p: EcuProfile) => (p.memory[1]!.address = 0x3_fc00)],
    ["a region beyond 32 bits", "memory[1]", (p: EcuProfile) => (p.memory[1]!.address = 0xffff_fff0)],
    ["nothing flashed", "memory", (p: EcuProfile) => (p.memory[0]!.flashed = false)],
    [
      "a page that does not divide the sector",
      "flash.pageBytes",
      (p: EcuProfile) => (p.flash.pageBytes = 300),
    ],
    ["two meanings of one DID", "dids.fingerprint", (p: EcuProfile) => (p.dids.fingerprint = 0xf188)],
    ["two meanings of one routine", "routines.revert", (p: EcuProfile) => (p.routines.revert = 0x0302)],
    [
      "an added DID that is known by another name",
      "otherDids.vin",
      (p: EcuProfile) => (p.otherDids = { vin: 0xf195 }),
    ],
    [
      "a step without its routine",
      "activationSequence[2]",
      (p: EcuProfile) => Reflect.deleteProperty(p.routines, "activate"),
    ],
    [
      "a step that authenticates without saying how",
      "commitSequence[0]",
      (p: EcuProfile) => (p.commitSequence = ["authenticate"]),
    ],
    [
      "a fingerprint without its DID",
      "programmingSequence[6]",
      (p: EcuProfile) => Reflect.deleteProperty(p.dids, "fingerprint"),
    ],
    [
      "a delta format without the check of its base",
      "transfer.dataFormats.detools",
      (p: EcuProfile) => Reflect.deleteProperty(p.routines, "checkBase"),
    ],
    ["an even security level", "security.level", (p: EcuProfile) => (p.security.level = 2)],
    ["no download", "programmingSequence", (p: EcuProfile) => (p.programmingSequence = ["unlock"])],
    [
      "a check before the download",
      "programmingSequence",
      (p: EcuProfile) => (p.programmingSequence = ["checkMemory", "download"]),
    ],
  ])("V4 %s is refused as a contradiction", (_what, field, change) => {
    expect(failure(changed(change))).toMatchObject({ code: "contradiction", field });
  });

  test("V4 an ECU without banks, resuming and counter is a profile too", () => {
    const simple = changed((p) => {
      p.dids = { serialNumber: 0xf18c, hardwareId: 0xf191 };
      p.routines = { eraseMemory: 0xff00 };
      p.transfer.dataFormats = { raw: 0x00 };
      p.programmingSequence = ["programmingSession", "unlock", "eraseMemory", "download", "hardReset"];
      p.activationSequence = p.commitSequence = p.revertSequence = [];
    });
    expect(failure(simple)).not.toBeInstanceOf(Error);
  });

  test("V4 regions may touch", () => {
    expect(failure(changed((p) => (p.memory[1]!.address = 0x4_0000)))).not.toBeInstanceOf(Error);
  });

  test("V4 the sentence says what is wrong and what would be right", () => {
    const error = failure(changed((p) => p.programmingSequence.push("dance" as never)));
    expect(String(error)).toContain("ECU profile, programmingSequence[12]: must be one of defaultSession, ");
    expect(String(failure(changed((p) => Object.assign(p.flash, { colour: "red" }))))).toContain(
      "ECU profile, flash.colour: a profile has no such field",
    );
  });

  test("V4 an unknown security algorithm is refused, naming those that are known", () => {
    const error = failure(changed((p) => (p.security.algorithm = "rot13")));
    expect(error).toMatchObject({ code: "unknown-algorithm", field: "security.algorithm" });
    expect(String(error)).toContain("demo-hmac-sha256");
  });

  test.each([
    ["reordered", ["download", "checkMemory", "unlock"]],
    ["repeated", ["extendedSession", "extendedSession", "download"]],
    ["dropped", ["download"]],
  ] as const)("V4 steps of the programming sequence may be %s", (_how, steps) => {
    expect(failure(changed((p) => (p.programmingSequence = [...steps])))).not.toBeInstanceOf(Error);
  });
});
