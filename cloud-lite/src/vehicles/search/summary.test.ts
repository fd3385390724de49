import { afterAll, beforeAll, expect, test } from "vitest";
import { DEFAULT_ORGANISATION } from "../../db/open.ts";
import { testCloud, type TestCloud } from "../../testing.ts";
import { matches, randomFleet, storeFleet, type PlainVehicle } from "./plain-fleet.testing.ts";
import { PRESENCES, VEHICLE_STATUSES, type VehicleSelection } from "./selection.ts";
import { summarise } from "./summary.ts";

const AT = 10_000;
let fixture: TestCloud;
let vehicles: PlainVehicle[];

beforeAll(async () => {
  fixture = await testCloud({ at: AT });
  vehicles = randomFleet(150, 11);
  await storeFleet(fixture.cloud.db, DEFAULT_ORGANISATION, vehicles);
});
afterAll(() => fixture.close());

const count = (selection: VehicleSelection): number =>
  vehicles.filter((vehicle) => matches(vehicle, selection, AT)).length;

const summary = (scopes = [{}]) =>
  summarise(fixture.cloud.db, { organisationId: DEFAULT_ORGANISATION, at: AT, scopes });

test("D6 the summary counts what the searches find", async () => {
  const { total, retired, byStatus, byPresence, byModel, byRegion } = await summary();
  expect(total).toBe(count({ all: true }));
  expect(retired).toBe(vehicles.length - total);
  expect(byStatus).toEqual(
    Object.fromEntries(VEHICLE_STATUSES.map((status) => [status, count({ status: [status] })])),
  );
  expect(byPresence).toEqual(
    Object.fromEntries(PRESENCES.map((presence) => [presence, count({ presence: [presence] })])),
  );
  expect(byModel).toContainEqual({ model: "m1", vehicles: count({ models: ["m1"] }) });
  expect(byRegion).toContainEqual({
    vehicles: count({ not: { regions: ["r1", "r2", "r3"] } }),
  });
});

test("D6 the versions of retired vehicles are not counted, with a scope or without", async () => {
  const ecus = (inScope: (vehicle: PlainVehicle) => boolean): number =>
    vehicles
      .filter((vehicle) => !vehicle.retired && inScope(vehicle))
      .flatMap((vehicle) => vehicle.ecus)
      .filter((ecu) => ecu.hardwareId === "h1" && ecu.version === "1.5.0").length;
  const row = { hardwareId: "h1", version: "1.5.0" };
  expect((await summary()).byVersion).toContainEqual({ ...row, ecus: ecus(() => true) });
  expect((await summary([{ regions: ["r1"] }])).byVersion).toContainEqual({
    ...row,
    ecus: ecus((vehicle) => vehicle.region === "r1"),
  });
});

test("A4 a summary counts what the scopes cover", async () => {
  const { total, byRegion } = await summary([{ regions: ["r1"] }]);
  expect(total).toBe(count({ regions: ["r1"] }));
  expect(byRegion).toEqual([{ region: "r1", vehicles: total }]);
});

test("D6 a summary is counted again after ten seconds, not for each who asks", async () => {
  const read = async () =>
    (await fixture.call("GET", "/api/v1/vehicles/summary")).data() as { total: number };
  const { total } = await read();
  await fixture.call("POST", "/api/v1/vehicles", { body: { ecus: [] } });
  expect((await read()).total).toBe(total);
  fixture.clock.at += 10_000;
  expect((await read()).total).toBe(total + 1);
});
