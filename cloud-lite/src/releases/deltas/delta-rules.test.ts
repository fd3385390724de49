import { expect, test } from "vitest";
import { chooseBases, isWorthwhile } from "./delta-rules.ts";

const v = (n: number) => ({ imageId: `i${n}`, sha256: `s${n}`, versionKey: `000${n}` });
const NEW = v(4);
const RELEASED = [v(1), v(2), v(3), NEW];

const cases: [string, string[], boolean, string[]][] = [
  ["a fleet on 1 and 3", ["s1", "s3"], false, ["i1", "i3"]],
  ["a fleet that runs the new image already", ["s4"], false, []],
  ["a fleet on software from elsewhere", ["unknown"], false, []],
  ["ECUs that said nothing yet", [], true, ["i3"]],
  ["ECUs on 1, and some that said nothing", ["s1"], true, ["i1", "i3"]],
  ["ECUs on 3, and some that said nothing", ["s3"], true, ["i3"]],
  ["no fleet at all", [], false, []],
];

test.each(cases)("U5 bases for %s", (_name, reported, unreported, expected) => {
  const bases = chooseBases(NEW, RELEASED, { reported: new Set(reported), unreported });
  expect(bases.map((base) => base.imageId)).toEqual(expected);
});

test("U5 a fleet that runs a newer image gets a delta back to an older one", () => {
  const bases = chooseBases(v(2), RELEASED, { reported: new Set(["s4"]), unreported: false });
  expect(bases.map((base) => base.imageId)).toEqual(["i4"]);
});

test("U5 a delta over four fifths of the full image is not worth its trouble", () => {
  expect(isWorthwhile(800, 1000)).toBe(true);
  expect(isWorthwhile(801, 1000)).toBe(false);
});
