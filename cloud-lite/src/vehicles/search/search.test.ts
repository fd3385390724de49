import { afterAll, beforeAll, expect, test } from "vitest";
import type { Scope } from "../../access/grants.ts";
import { DEFAULT_ORGANISATION } from "../../db/open.ts";
import { testCloud, type TestCloud } from "../../testing.ts";
import { matches, randomFleet, storeFleet, type PlainVehicle } from "./plain-fleet.testing.ts";
import type { Place } from "./search-cursor.ts";
import { SORT_KEYS, type FleetSearch } from "./search-schema.ts";
import { searchVehicles } from "./search.ts";
import type { VehicleSelection } from "./selection.ts";

const organisationId = DEFAULT_ORGANISATION;
const AT = 10_000;
let fixture: TestCloud;
let vehicles: PlainVehicle[];

beforeAll(async () => {
  fixture = await testCloud({ at: AT });
  vehicles = randomFleet(120, 3);
  await storeFleet(fixture.cloud.db, organisationId, vehicles);
});
afterAll(() => fixture.close());

const SEARCH: FleetSearch = {
  selection: { all: true },
  retired: false,
  sort: "vehicleId",
  descending: false,
};

/** All pages of a search, put together. */
async function found(
  search: Partial<FleetSearch>,
  options: { gathered?: number; limit?: number; scopes?: Scope[] } = {},
): Promise<string[]> {
  const { gathered, limit = 7, scopes = [{}] } = options;
  const ids: string[] = [];
  let after: Place | undefined;
  for (;;) {
    const context = { organisationId, at: AT, scopes };
    const given = { ...SEARCH, ...search };
    const page = await searchVehicles(fixture.cloud.db, given, context, { after, limit, gathered });
    ids.push(...page.map((place) => place.vehicleId));
    if (page.length < limit) return ids;
    after = page.at(-1);
  }
}

/** The order as a person would say it: known values up or down, then the unknown ones. */
function inOrder(sort: FleetSearch["sort"], descending: boolean, selection: VehicleSelection): string[] {
  const sign = descending ? -1 : 1;
  return vehicles
    .filter((vehicle) => matches(vehicle, selection, AT))
    .toSorted((a, b) => {
      const [one, other] = [a[sort], b[sort]];
      if (one === null || other === null) {
        if (one !== other) return one === null ? 1 : -1;
      } else if (one !== other) return one < other ? -sign : sign;
      return a.vehicleId < b.vehicleId ? -sign : sign;
    })
    .map((vehicle) => vehicle.vehicleId);
}

const SELECTIONS: VehicleSelection[] = [
  { all: true },
  { and: [{ models: ["m1", "m2"] }, { not: { groups: ["g1"] } }] },
  { or: [{ status: ["failed", "held"] }, { ecuVersion: { hardwareId: "h1", below: "2.0.0" } }] },
  { models: ["nothing"] },
];
const ways = SORT_KEYS.flatMap((sort) => [false, true].map((descending) => [sort, descending] as const));

test.each(ways)(
  "D6 pages by %s, descending %s, hold each vehicle once and in order",
  async (sort, descending) => {
    for (const selection of SELECTIONS) {
      const expected = inOrder(sort, descending, selection);
      expect(await found({ selection, sort, descending })).toEqual(expected);
      // The same, read along the index of the order.
      expect(await found({ selection, sort, descending }, { gathered: 0 })).toEqual(expected);
    }
  },
);

test("D6 a text finds the vehicles whose id or VIN begins with it, whatever its case in a VIN", async () => {
  const active = vehicles.filter((vehicle) => !vehicle.retired).map((vehicle) => vehicle.vehicleId);
  expect(await found({ q: "car-11" })).toEqual(active.filter((id) => id.startsWith("car-11")).sort());
  expect(await found({ q: "vin-11" })).toEqual(active.filter((id) => id.startsWith("car-11")).sort());
  expect(await found({ q: "ar-11" })).toEqual([]);
  expect(await found({ q: "%" })).toEqual([]);
});

test("D1 retired vehicles are looked for on their own", async () => {
  const retired = vehicles.filter((vehicle) => vehicle.retired).map((vehicle) => vehicle.vehicleId);
  expect(await found({ retired: true })).toEqual(retired.sort());
});

test("A4 a list holds what the scopes cover, and each scope only as a whole", async () => {
  const scopes = [{ regions: ["r1"], models: ["m1"] }, { regions: ["r2"] }];
  const expected = vehicles
    .filter((vehicle) => !vehicle.retired)
    .filter(({ region, model }) => (region === "r1" && model === "m1") || region === "r2")
    .map((vehicle) => vehicle.vehicleId);
  expect(await found({}, { scopes })).toEqual(expected.sort());
  expect(await found({ selection: { models: ["m1", "m2"] } }, { scopes: [] })).toEqual([]);
  expect(await found({}, { scopes: [{ regions: [] }] })).toEqual([]);
});
