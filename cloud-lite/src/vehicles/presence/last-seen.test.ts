import { afterEach, beforeEach, expect, test } from "vitest";
import { DEFAULT_ORGANISATION } from "../../db/open.ts";
import { registerVehicle, testCloud, type TestCloud } from "../../testing.ts";
import { createLastSeen } from "./last-seen.ts";
import { createVehicleNumbers, type VehicleNumbers } from "./vehicle-numbers.ts";

let fixture: TestCloud;
let numbers: VehicleNumbers;
beforeEach(async () => {
  numbers = createVehicleNumbers();
  fixture = await testCloud();
});
afterEach(() => fixture.close());

const numberOf = (vehicleId: string): number => numbers.of(DEFAULT_ORGANISATION, vehicleId);

const seen = async (): Promise<Record<string, number | null>> => {
  const rows = await fixture.cloud.db.selectFrom("vehicles").select(["vehicleId", "lastSeenAt"]).execute();
  return Object.fromEntries(rows.map(({ vehicleId, lastSeenAt }) => [vehicleId, lastSeenAt]));
};

test("D5 the last time of each vehicle is written, and nobody else's", async () => {
  for (const vehicleId of ["car", "bus", "van"]) await registerVehicle(fixture, vehicleId);
  const lastSeen = createLastSeen(fixture.cloud.db, numbers);
  lastSeen.note(numberOf("car"), 1);
  lastSeen.note(numberOf("car"), 5);
  lastSeen.note(numberOf("bus"), 3);
  lastSeen.note(numberOf("nobody"), 9);
  await lastSeen.flush();
  expect(await seen()).toEqual({ car: 5, bus: 3, van: null });
});

test("D5 of two instances that heard of a vehicle the later time stays", async () => {
  await registerVehicle(fixture, "car");
  const [first, second] = [
    createLastSeen(fixture.cloud.db, numbers),
    createLastSeen(fixture.cloud.db, numbers),
  ];
  first.note(numberOf("car"), 5);
  second.note(numberOf("car"), 4);
  await first.flush();
  await second.flush();
  expect(await seen()).toEqual({ car: 5 });
});

test("D5 what could not be written is written the next time, unless there is later news", async () => {
  for (const vehicleId of ["car", "bus"]) await registerVehicle(fixture, vehicleId);
  const { db } = fixture.cloud;
  const lastSeen = createLastSeen(db, numbers);
  lastSeen.note(numberOf("car"), 5);
  lastSeen.note(numberOf("bus"), 5);
  await db.schema.alterTable("vehicles").renameTo("elsewhere").execute();
  const failed = lastSeen.flush();
  lastSeen.note(numberOf("bus"), 6);
  await expect(failed).rejects.toThrow(/vehicles/);
  await db.schema.alterTable("elsewhere").renameTo("vehicles").execute();
  await lastSeen.flush();
  expect(await seen()).toEqual({ car: 5, bus: 6 });
});

test("D5 a small batch is written whenever it is looked, a large one once a minute", async () => {
  await registerVehicle(fixture, "car");
  const lastSeen = createLastSeen(fixture.cloud.db, numbers);
  lastSeen.note(numberOf("car"), 1);
  await lastSeen.flush();
  lastSeen.note(numberOf("car"), 2);
  await lastSeen.flushIfDue();
  expect(await seen()).toEqual({ car: 2 });
  lastSeen.note(numberOf("car"), 3);
  for (let number = 0; number < 3000; number++) lastSeen.note(numberOf(`v-${number}`), 3);
  await lastSeen.flushIfDue();
  expect(await seen()).toEqual({ car: 2 });
});
