import { afterEach, expect, test } from "vitest";
import type { WaitAnswer } from "../journal/fact.ts";
import { statement, T0, testEcuPlan, testOffer, testPlan } from "../journal/testing.ts";
import { consent, consentFact } from "./consent.ts";
import { readiness } from "./readiness.ts";
import { type TestWorld, testWorld } from "./testing.ts";

const HOUR_MS = 3_600_000;
const plan = testPlan(testEcuPlan("E1"));
const banner = { offer: testOffer({ consent: { mode: "banner" }, expiresAt: T0 + HOUR_MS }), plan };

let world: TestWorld;
afterEach(() => world.powerOff());

test("E6 a decision ends the wait at once", async () => {
  world = await testWorld();
  const waiting = consent(banner, world, world.signal);
  await world.clock.advance(1000);
  await world.journal.append(consentFact({ answer: "install", startAt: T0 }));
  world.nudge.wake();
  expect(await world.clock.run(waiting, { capMs: 1 })).toBe("ready");
});

test("E6 tonight outlives a restart", async () => {
  world = await testWorld();
  const cut = world;
  await cut.journal.append(consentFact({ answer: "install", startAt: T0 + HOUR_MS / 2 }));
  consent(banner, cut, cut.signal).catch(() => {});
  await cut.clock.advance(1000);
  cut.powerOff();
  world = await testWorld({ after: cut });
  expect(await world.clock.run(consent(banner, world, world.signal))).toBe("ready");
  expect(world.now()).toBe(T0 + HOUR_MS / 2);
});

const policy = { parked: true, minBatteryVolts: 12 };
const demanding = { offer: testOffer({ safetyPolicy: policy, expiresAt: T0 + 4 * HOUR_MS }), plan };

async function waitReady(flashed = false): Promise<WaitAnswer> {
  return world.clock.run(readiness(demanding, flashed, world, world.signal), { capMs: 5 * HOUR_MS });
}

test("C10 E6 a vehicle in the demanded state is ready at once", async () => {
  world = await testWorld();
  world.vehicle.set({ gear: "P", batteryVolts: 12.5 });
  expect(await waitReady()).toBe("ready");
  expect(world.now()).toBe(T0);
});

test("C10 E6 readiness waits for the vehicle and says what is missing", async () => {
  world = await testWorld();
  world.vehicle.set({ gear: "D", batteryVolts: 12.5 });
  const waiting = readiness(demanding, false, world, world.signal);
  await world.clock.advance(10_000);
  const measured = world.told.findLast((progress) => progress.kind === "measured");
  expect(measured?.conditions.map(({ name, met }) => `${name} ${met}`)).toEqual([
    "parked false",
    "minBatteryVolts true",
  ]);
  world.vehicle.set({ gear: "P" });
  expect(await world.clock.run(waiting, { capMs: 2000 })).toBe("ready");
});

test("C10 a value that nobody measures is not met", async () => {
  world = await testWorld();
  await expect(waitReady()).rejects.toMatchObject({
    record: { code: "READINESS_TIMEOUT", operands: { missing: "minBatteryVolts" } },
  });
});

test("E2 the deadline of readiness is not put off by a restart", async () => {
  world = await testWorld();
  const cut = world;
  readiness(demanding, false, cut, cut.signal).catch(() => {});
  await cut.clock.advance(HOUR_MS / 2);
  cut.powerOff();
  world = await testWorld({ after: cut });
  await expect(waitReady()).rejects.toMatchObject({ record: { code: "READINESS_TIMEOUT" } });
  expect(world.now()).toBe(T0 + HOUR_MS);
});

test.each([
  ["tonight", { answer: "install", startAt: T0 + HOUR_MS }, "later"],
  ["not now", { answer: "decline", startAt: T0 }, "declined"],
] as const)("E6 before flashing a driver may still say %s", async (_word, answer, expected) => {
  world = await testWorld();
  const waiting = readiness(demanding, false, world, world.signal);
  await world.clock.advance(3000);
  await world.journal.append(consentFact(answer));
  expect(await world.clock.run(waiting, { capMs: 5000 })).toBe(expected);
});

test("E8 after flashing the update is not put off any more", async () => {
  world = await testWorld();
  world.vehicle.set({ batteryVolts: 12.5 });
  await world.journal.append(statement("consent decision", { consent: { answer: "decline", startAt: T0 } }));
  expect(await waitReady(true)).toBe("ready");
});

/** A cloud that answers with this offer when it is asked. */
const offering = (offer: unknown) => async () =>
  new Response(JSON.stringify({ data: offer, metadata: { requestId: "r" }, timestamp: 1 }), {
    headers: { "content-type": "application/json" },
  });

test.each([
  ["nothing any more", offering(null), "withdrawn"],
  ["another job", offering(testOffer({ jobId: "0193f3a0-7c00-7abc-8def-0000000000bb" })), "withdrawn"],
  ["the same job", offering(banner.offer), "expired"],
  ["no answer", undefined, "expired"],
] as const)(
  "C8 a woken vehicle whose driver has not answered, and gets %s",
  async (_what, fetch, expected) => {
    world = await testWorld(fetch ? { fetch } : {});
    const waiting = consent(banner, world, world.signal);
    await world.clock.advance(1000);
    world.nudge.wake();
    expect(await world.clock.run(waiting, { capMs: 2 * HOUR_MS })).toBe(expected);
  },
);

test("C10 what a vehicle waits for is on record, and again when it changes", async () => {
  world = await testWorld();
  world.vehicle.set({ gear: "D" });
  const waiting = readiness(demanding, false, world, world.signal);
  await world.clock.advance(120_000);
  world.vehicle.set({ gear: "P" });
  await world.clock.advance(10_000);
  world.vehicle.set({ batteryVolts: 12.5 });
  expect(await world.clock.run(waiting, { capMs: 5000 })).toBe("ready");
  const missing = world.journal.facts.flatMap(({ payload }) => (payload?.missing ? [payload.missing] : []));
  expect(missing).toEqual([["parked", "minBatteryVolts"], ["minBatteryVolts"]]);
});

test.each([
  ["nothing any more", offering(null), "withdrawn"],
  ["the same job", offering(banner.offer), "ready"],
  ["no answer", undefined, "ready"],
] as const)(
  "C7 an update that waited for the night, and gets %s when the night has come",
  async (_what, fetch, expected) => {
    world = await testWorld(fetch ? { fetch } : {});
    await world.journal.append(consentFact({ answer: "install", startAt: T0 + HOUR_MS / 2 }));
    expect(await world.clock.run(consent(banner, world, world.signal))).toBe(expected);
    expect(world.now()).toBe(T0 + HOUR_MS / 2);
  },
);
