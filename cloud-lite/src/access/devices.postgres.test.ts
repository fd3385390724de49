import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Database } from "../db/database.ts";
import { openDatabase } from "../db/open.ts";
import { postgresDatabase, type TestDatabase } from "../db/test-database.ts";
import { createVehicleNumbers } from "../vehicles/presence/vehicle-numbers.ts";
import { revokeDeviceTokens } from "./credential-store.ts";
import type { Device } from "./device-rows.ts";
import { createDeviceFinder } from "./devices.ts";
import { issueToken } from "./store.ts";

let database: TestDatabase;
let instances: readonly [Database, Database];
beforeEach(async () => {
  database = await postgresDatabase();
  const open = () => openDatabase(database.place, () => 0, { connections: 1 });
  instances = [await open(), await open()];
});
afterEach(async () => {
  for (const db of instances) await db.destroy();
  await database.drop();
});

test("A5 a token that another instance revoked opens nothing from the next request on", async () => {
  const [here, elsewhere] = instances;
  const find = promisify<string, Device | undefined>(
    createDeviceFinder(here, () => 5, createVehicleNumbers()),
  );
  const device = { organisationId: "o", kind: "device", label: "", at: 1 } as const;
  const car = await issueToken(elsewhere, { ...device, vehicleId: "car" });
  const bus = await issueToken(elsewhere, { ...device, vehicleId: "bus" });
  const whoAsks = async () =>
    (await Promise.all([car, bus].map(({ token }) => find(token)))).map((found) => found?.actor.vehicleId);
  expect(await whoAsks()).toEqual(["car", "bus"]);
  expect(await whoAsks()).toEqual(["car", "bus"]);
  await revokeDeviceTokens(elsewhere, "o", "car", 2);
  expect(await whoAsks()).toEqual([undefined, "bus"]);
});
