import { afterEach, beforeEach, expect, test } from "vitest";
import type { Event } from "@halfshaft/ota-format";
import { v7 as uuidv7 } from "uuid";
import { eventStream, registerVehicle, testCloud, type TestCloud } from "../testing.ts";
import { createBrokerIntake } from "./from-mqtt.ts";

let fixture: TestCloud;
let device: string;
beforeEach(async () => {
  fixture = await testCloud();
  device = await registerVehicle(fixture, "car");
});
afterEach(() => fixture.close());

const events = (): [Event, Event] => {
  const stream = eventStream(uuidv7());
  return [stream.stage("plan", "started"), stream.stage("plan", "done")];
};
const byMqtt = (body: unknown): Promise<void> =>
  createBrokerIntake(() => fixture.cloud)("car", Buffer.from(JSON.stringify(body)));
const stored = async (): Promise<number> =>
  (await fixture.cloud.db.selectFrom("events").select("seq").execute()).length;

test("E6 a batch of events is stored", async () => {
  await byMqtt({ events: events() });
  expect(await stored()).toBe(2);
});

test("E6 a batch is refused with its place, in the words of HTTPS", async () => {
  const [first, second] = events();
  const body = { events: [first, { ...second, seq: 0 }] };
  const { detail } = (await fixture.call("POST", "/api/v1/device/events", { token: device, body })).problem();
  expect(detail).toContain("body.events[1].seq is 0; it must be at least 1");
  await expect(byMqtt(body)).rejects.toMatchObject({ code: "REQUEST_INVALID", message: detail });
});

test.each<[string, object]>([
  ["time", { at: 1e300 }],
  ["place in the stream", { seq: 1e300 }],
  ["place in the stream that only some databases keep", { seq: 2 ** 53 }],
  ["attempt", { attempt: 1e300 }],
  ["duration", { durationMs: 1e300 }],
  ["count of bytes", { bytes: 1e300 }],
])("A8 an event with a %s beyond every database is refused by either way", async (_what, more) => {
  const [event] = events();
  const body = { events: [{ ...event, ...more }] };
  const answer = await fixture.call("POST", "/api/v1/device/events", { token: device, body });
  expect(answer.problem()).toMatchObject({ status: 400, code: "REQUEST_INVALID" });
  await expect(byMqtt(body)).rejects.toMatchObject({ code: "REQUEST_INVALID" });
});

test("A8 the highest numbers that an event may have are stored", async () => {
  const [event] = events();
  const most = { seq: Number.MAX_SAFE_INTEGER, durationMs: Number.MAX_SAFE_INTEGER, at: 253_402_300_799_999 };
  await byMqtt({ events: [{ ...event, ...most }] });
  expect(await stored()).toBe(1);
});
