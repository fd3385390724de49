import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DEFAULT_ORGANISATION } from "../../db/open.ts";
import { testCloud, type TestCloud } from "../../testing.ts";
import { matches, randomFleet, storeFleet, type PlainVehicle } from "./plain-fleet.testing.ts";
import type { Plan } from "./fleet-query.ts";
import { selectedVehicles } from "./selection-query.ts";
import { PRESENCES, VEHICLE_STATUSES, type VehicleSelection } from "./selection.ts";

const FLEET_SIZE = 60;
const organisationId = DEFAULT_ORGANISATION;
let fixture: TestCloud;
let vehicles: PlainVehicle[];

beforeAll(async () => {
  fixture = await testCloud({ at: 10_000 });
  vehicles = randomFleet(FLEET_SIZE, 7);
  await storeFleet(fixture.cloud.db, organisationId, vehicles);
});
afterAll(() => fixture.close());

async function found(selection: VehicleSelection, plan: Plan, at = 10_000): Promise<string[]> {
  const context = { organisationId, at, plan };
  const rows = await selectedVehicles(fixture.cloud.db, selection, context)
    .select("v.vehicleId")
    .orderBy("v.vehicleId")
    .execute();
  return rows.map((row) => row.vehicleId);
}

const some = <T>(...values: T[]) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1 });
const seenAt = fc.option(fc.integer({ min: 0, max: 11_000 }), { nil: undefined });
const version = fc.option(fc.constantFrom("0.9.0", "1.0.0", "1.5.0-rc.1", "1.5.0", "2.0.0"), {
  nil: undefined,
});
const text = (letter: string) => some(`${letter}1`, `${letter}2`, `${letter}3`, "nothing");

const { selection } = fc.letrec<{ selection: VehicleSelection }>((tie) => ({
  selection: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constant({ all: true as const }),
    fc
      .uniqueArray(fc.nat(FLEET_SIZE + 5), { minLength: 1 })
      .map((n) => ({ vehicleIds: n.map((i) => `car-${i}`) })),
    fc.uniqueArray(fc.nat(FLEET_SIZE + 5), { minLength: 1 }).map((n) => ({ vins: n.map((i) => `VIN-${i}`) })),
    text("g").map((groups) => ({ groups })),
    text("t").map((tags) => ({ tags })),
    text("m").map((models) => ({ models })),
    text("x").map((trims) => ({ trims })),
    text("r").map((regions) => ({ regions })),
    text("o").map((owners) => ({ owners })),
    text("h").map((hardwareIds) => ({ hardwareIds })),
    fc.record({ from: seenAt, to: seenAt }).map(({ from, to }) => ({
      years: { from: from === undefined ? undefined : 2020 + (from % 5), to: to && 2020 + (to % 5) },
    })),
    fc
      .record({
        ecu: fc.constantFrom(undefined, "e1", "e2"),
        hardwareId: fc.constantFrom(undefined, "h1", "h2"),
        atLeast: version,
        below: version,
      })
      .map((ecuVersion) => ({ ecuVersion })),
    text("v").map((values) => ({ attribute: { name: "battery", in: values } })),
    some(...VEHICLE_STATUSES).map((status) => ({ status })),
    some(...PRESENCES).map((presence) => ({ presence })),
    fc.record({ after: seenAt, before: seenAt, withinMs: seenAt }).map((lastSeen) => ({ lastSeen })),
    fc.boolean().map((inSync) => ({ inSync })),
    fc.array(tie("selection"), { minLength: 1, maxLength: 3 }).map((and) => ({ and })),
    fc.array(tie("selection"), { minLength: 1, maxLength: 3 }).map((or) => ({ or })),
    tie("selection").map((not) => ({ not })),
  ),
}));

test("C3 the database selects what the meaning of a selection says, in either plan", async () => {
  await fc.assert(
    fc.asyncProperty(selection, async (given) => {
      const expected = vehicles
        .filter((vehicle) => matches(vehicle, given, 10_000))
        .map((vehicle) => vehicle.vehicleId)
        .sort();
      expect(await found(given, "probe")).toEqual(expected);
      expect(await found(given, "gather")).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test("C3 ten thousand ids are one selection", async () => {
  const vehicleIds = Array.from({ length: 10_000 }, (_, i) => `car-${i}`);
  expect(await found({ vehicleIds }, "gather")).toEqual(await found({ all: true }, "probe"));
});

test("D1 a retired vehicle is never selected, not even by its id", async () => {
  const retired = vehicles.find((vehicle) => vehicle.retired)!;
  expect(await found({ vehicleIds: [retired.vehicleId] }, "probe")).toEqual([]);
  expect(await found({ not: { vehicleIds: ["other"] } }, "probe")).not.toContain(retired.vehicleId);
});
