import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { createVehicleNumbers, type VehicleNumbers } from "../vehicles/presence/vehicle-numbers.ts";
import { createDeviceMemory, type DeviceMemory } from "./device-memory.ts";
import type { Device } from "./device-rows.ts";

let numbers: VehicleNumbers;
let memory: DeviceMemory;
beforeEach(() => {
  numbers = createVehicleNumbers();
  memory = createDeviceMemory(numbers);
});

const device = (vehicleId: string, more: Partial<Device> = {}): Device => ({
  actor: { kind: "vehicle", organisationId: "o", credentialId: `of ${vehicleId}`, vehicleId },
  vehicle: numbers.of("o", vehicleId),
  hasOpenJob: false,
  digest: "00".repeat(32),
  expiresAt: null,
  ...more,
});

const known = (...prefixes: string[]): boolean[] =>
  prefixes.map((prefix) => memory.get(prefix) !== undefined);

test("A11 what is kept of a device comes back as it was, whatever it is", () => {
  const digest = fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => Buffer.from(bytes).toString("hex"));
  const more = fc.record({
    digest,
    hasOpenJob: fc.boolean(),
    expiresAt: fc.option(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })),
  });
  fc.assert(
    fc.property(fc.array(more, { maxLength: 40 }), (many) => {
      numbers = createVehicleNumbers();
      memory = createDeviceMemory(numbers);
      const devices = many.map((one, i) => device(String(i), one));
      for (const [i, one] of devices.entries()) memory.keep(`prefix ${i}`, one);
      expect(devices.map((_, i) => memory.get(`prefix ${i}`))).toEqual(devices);
    }),
  );
});

test("A11 of more vehicles than it has room for at first, each is as it was", () => {
  const devices = Array.from({ length: 3000 }, (_, i) =>
    device(String(i), { digest: i.toString(16).padStart(64, "0"), expiresAt: i, hasOpenJob: i % 3 === 0 }),
  );
  for (const [i, one] of devices.entries()) memory.keep(`prefix ${i}`, one);
  expect(devices.map((_, i) => memory.get(`prefix ${i}`))).toEqual(devices);
});

test("A11 what was never kept is unknown", () => {
  expect(memory.get("prefix")).toBeUndefined();
});

test("A11 a vehicle's second token takes the place of its first", () => {
  memory.keep("first", device("car"));
  memory.keep("second", device("car", { hasOpenJob: true }));
  expect(memory.get("first")).toBeUndefined();
  expect(memory.get("second")).toMatchObject({ hasOpenJob: true });
});

test("A11 a vehicle that is forgotten is unknown, and no other", () => {
  memory.keep("a", device("car"));
  memory.keep("b", device("bus"));
  memory.forget(numbers.of("o", "car"));
  memory.forget(numbers.of("o", "van"));
  expect(known("a", "b")).toEqual([false, true]);
});

test("A11 once all is forgotten nothing is known, and what is kept then is", () => {
  memory.keep("a", device("car"));
  memory.keep("b", device("bus"));
  memory.forgetAll();
  memory.keep("c", device("car"));
  expect(known("a", "b", "c")).toEqual([false, false, true]);
});
