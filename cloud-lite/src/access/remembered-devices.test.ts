import { beforeEach, expect, test } from "vitest";
import { createVehicleNumbers, type VehicleName } from "../vehicles/presence/vehicle-numbers.ts";
import type { DeviceNews, LookForNews } from "./device-news.ts";
import type { DeviceRow } from "./device-rows.ts";
import { rememberDevices } from "./remembered-devices.ts";

/** A database whose tokens, changes and clock are in the test's hands, and which notes what it was asked. */
function database() {
  const rows = new Map<string, DeviceRow>();
  const asked: { since: string | null; prefixes: readonly string[] }[] = [];
  const state = { server: "first", at: 0, changed: [] as readonly VehicleName[] | null, isGone: false };
  let snapshot = 0;
  const look: LookForNews = async (since, prefixes): Promise<DeviceNews> => {
    asked.push({ since, prefixes });
    if (state.isGone) throw new RangeError("gone");
    const { server, at, changed } = state;
    state.changed = [];
    snapshot += 1;
    const found = prefixes.flatMap((prefix) => rows.get(prefix) ?? []);
    return { snapshot: String(snapshot), server, at, changed, rows: found };
  };
  return {
    state,
    asked,
    look,
    give(prefix: string, vehicleId: string, more: Partial<DeviceRow> = {}): void {
      const token = { digest: "00".repeat(32), credential_id: "c", expires_at: null, open_job: null };
      rows.set(prefix, { ...token, prefix, organisation_id: "o", vehicle_id: vehicleId, ...more });
    },
    revoke: (prefix: string): void => void rows.delete(prefix),
    changes: (...vehicleIds: string[]): void => {
      state.changed = vehicleIds.map((vehicleId) => ({ organisationId: "o", vehicleId }));
    },
  };
}

let db: ReturnType<typeof database>;
let find: ReturnType<typeof rememberDevices>;
beforeEach(() => {
  db = database();
  find = rememberDevices(db.look, createVehicleNumbers());
  db.give("a", "car");
  db.give("b", "bus");
});

const vehiclesOf = async (...prefixes: string[]): Promise<(string | undefined)[]> =>
  (await find(prefixes)).map((device) => device?.actor.vehicleId);
const readSince = (count: number): readonly (readonly string[])[] =>
  db.asked.slice(count).map(({ prefixes }) => prefixes);

test("A11 a vehicle that asks again is not read again, but what has changed is asked each time", async () => {
  expect(await vehiclesOf("a", "b")).toEqual(["car", "bus"]);
  expect(await vehiclesOf("b", "a")).toEqual(["bus", "car"]);
  expect(db.asked).toEqual([
    { since: null, prefixes: ["a", "b"] },
    { since: "1", prefixes: [] },
  ]);
});

test("A11 a token that nobody has is asked each time", async () => {
  expect(await vehiclesOf("x")).toEqual([undefined]);
  db.give("x", "van");
  expect(await vehiclesOf("x")).toEqual(["van"]);
});

test("A5 a token that was revoked opens nothing from the next question on", async () => {
  await vehiclesOf("a", "b");
  db.revoke("a");
  db.changes("car");
  expect(await vehiclesOf("a", "b")).toEqual([undefined, "bus"]);
  expect(readSince(1)).toEqual([[], ["a"]]);
});

test("C5 a vehicle that was given a job has it at the next question", async () => {
  await vehiclesOf("a");
  db.give("a", "car", { open_job: "job" });
  db.changes("car");
  expect((await find(["a"]))[0]?.hasOpenJob).toBe(true);
});

test("A11 changes of vehicles that nobody asked for have nothing read", async () => {
  await vehiclesOf("a");
  db.changes("bus", "elsewhere");
  await vehiclesOf("a");
  expect(readSince(1)).toEqual([[]]);
});

test("A11 of one vehicle that shows two tokens at once both are found", async () => {
  db.give("second", "car");
  expect(await vehiclesOf("a", "second")).toEqual(["car", "car"]);
  expect(await vehiclesOf("a")).toEqual(["car"]);
});

test.each<[string, () => void]>([
  ["more has changed than is named", () => void (db.state.changed = null)],
  ["another server answers", () => void (db.state.server = "second")],
  ["nobody has looked for ten minutes", () => void (db.state.at = 600)],
])("A5 where %s, all is read anew", async (_why, happen) => {
  await vehiclesOf("a", "b");
  db.revoke("a");
  happen();
  expect(await vehiclesOf("a", "b")).toEqual([undefined, "bus"]);
  expect(readSince(1)).toEqual([[], ["a", "b"]]);
});

test("A11 looked at again within ten minutes, memory lasts", async () => {
  await vehiclesOf("a");
  for (db.state.at = 599; db.state.at < 6000; db.state.at += 599) await vehiclesOf("a");
  expect(readSince(1).flat()).toEqual([]);
});

test("A5 where a look fails nothing is answered, and the next one asks since the last that told", async () => {
  await vehiclesOf("a");
  db.state.isGone = true;
  await expect(find(["a"])).rejects.toThrow("gone");
  db.state.isGone = false;
  expect(await vehiclesOf("a")).toEqual(["car"]);
  expect(db.asked.map(({ since }) => since)).toEqual([null, "1", "1"]);
});
