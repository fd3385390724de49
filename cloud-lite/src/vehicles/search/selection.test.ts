import { afterEach, beforeEach, expect, test } from "vitest";
import { registerVehicle, testCloud, type TestCloud } from "../../testing.ts";
import { checkSelection, type VehicleSelection } from "./selection.ts";

let fixture: TestCloud;
beforeEach(async () => {
  fixture = await testCloud();
});
afterEach(() => fixture.close());

const nested = (levels: number): VehicleSelection =>
  levels === 0 ? { all: true } : { not: nested(levels - 1) };
const ids = Array.from({ length: 6000 }, (_, i) => `car-${i}`);

test.each<[string, VehicleSelection, string]>([
  ["nine levels", nested(8), "/not/not/not/not/not/not/not/not: it is nested more than 8 deep"],
  [
    "two lists of 6000 ids",
    { or: [{ vehicleIds: ids }, { not: { vehicleIds: ids } }] },
    "/or/1/not: more than 10000 values are listed",
  ],
  [
    "201 conditions",
    { and: [{ or: Array.from({ length: 198 }, () => ({ all: true as const })) }, { all: true }] },
    "/and/1: there are more than 200 conditions",
  ],
])("C3 a selection of %s is refused where it is too large", (_name, selection, sentence) => {
  expect(() => checkSelection(selection)).toThrow(`The selection is too large at ${sentence}.`);
});

test("C3 a selection of eight levels and 10,000 ids is taken", () => {
  expect(() => checkSelection(nested(7))).not.toThrow();
  expect(() => checkSelection({ vehicleIds: [...ids, ...ids].slice(0, 10_000) })).not.toThrow();
});

const draft = (target: unknown) => ({
  name: "Spring",
  releaseId: "01890000-0000-7000-8000-000000000000",
  target,
  consent: { mode: "silent" },
  safetyPolicy: {},
});

test.each<[unknown, string]>([
  [{ modle: ["Roadster"] }, 'body.target has "modle", which is not known'],
  [
    { and: [{ all: true }, { groups: "press" }] },
    'body.target.and[1].groups is "press"; it must be an array',
  ],
  [{ not: { years: { from: "2020" } } }, 'body.target.not.years.from is "2020"; it must be an integer'],
  [{ and: [] }, "body.target.and is []; it must have at least 1 entries"],
  [{ models: ["A"], regions: ["eu"] }, "it must have at most 1 members"],
  [{ ecuVersion: { atLeast: "two" } }, 'body.target.ecuVersion.atLeast is "two"; it must be like "2.0.0"'],
])("C3 %j is refused with the path inside the selection", async (target, reason) => {
  const answer = await fixture.call("POST", "/api/v1/campaigns", { body: draft(target) });
  expect(answer.status).toBe(400);
  expect(answer.problem().detail).toContain(reason);
});

test("C3 the forms of a target before the selection language stay valid", async () => {
  await registerVehicle(fixture, "car");
  for (const target of [{ vehicleIds: ["car"] }, { groups: ["test-fleet"] }, { all: true }]) {
    const answer = await fixture.call("POST", "/api/v1/campaigns", { body: draft(target) });
    expect(answer.problem().code).toBe("RELEASE_UNKNOWN");
  }
});
