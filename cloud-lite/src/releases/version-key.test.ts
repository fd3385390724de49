import fc from "fast-check";
import { compare } from "semver";
import { expect, test } from "vitest";
import { versionKey } from "./version-key.ts";

// semver.org, 11: the order that the specification itself gives.
const ORDER = [
  "1.0.0-alpha",
  "1.0.0-alpha.1",
  "1.0.0-alpha.beta",
  "1.0.0-beta",
  "1.0.0-beta.2",
  "1.0.0-beta.11",
  "1.0.0-rc.1",
  "1.0.0",
  "2.0.0",
  "2.1.0",
  "2.1.1",
  "10.0.0",
];

test("U2 version keys sort as semantic versions do", () => {
  const shuffled = ORDER.toReversed();
  expect(shuffled.sort((a, b) => (versionKey(a) < versionKey(b) ? -1 : 1))).toEqual(ORDER);
});

const identifier = fc.oneof(
  fc.nat(2000).map(String),
  fc.stringMatching(/^[0-9]{0,2}[A-Za-z-][0-9A-Za-z-]{0,3}$/),
);
const version = fc
  .tuple(fc.nat(20), fc.nat(20), fc.nat(20), fc.array(identifier, { maxLength: 3 }))
  .map(([a, b, c, pre]) => `${a}.${b}.${c}${pre.length > 0 ? `-${pre.join(".")}` : ""}`);

test("U2 for any two versions the keys compare as the versions", () => {
  fc.assert(
    fc.property(version, version, (a, b) => {
      const byKey = versionKey(a) < versionKey(b) ? -1 : Number(versionKey(a) > versionKey(b));
      expect(byKey).toBe(compare(a, b));
    }),
  );
});

test.each(["1.0", "v1.0.0x", "1.0.0-01", "01.0.0", ""])("U2 %j is not a version", (text) => {
  expect(() => versionKey(text)).toThrow(expect.objectContaining({ code: "VERSION_INVALID" }));
});
