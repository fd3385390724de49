import { v7 as uuidv7 } from "uuid";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DEFAULT_ORGANISATION } from "../../db/open.ts";
import { registerVehicle, testCloud, type TestCloud } from "../../testing.ts";
import { storePresence } from "./presence.ts";
import { sweepPresence } from "./presence-sweep.ts";
import type { Vehicle } from "../schema.ts";

const MINUTE_MS = 60_000;
const CONFIGURED_MS = 5 * MINUTE_MS;
let fixture: TestCloud;
let token: string;
beforeEach(async () => {
  fixture = await testCloud();
  token = await registerVehicle(fixture, "car");
});
afterEach(() => fixture.close());

async function hear(): Promise<void> {
  await fixture.call("GET", "/api/v1/device/offer", { token });
  await fixture.cloud.lastSeen.flush();
}

async function presenceAfter(ms: number): Promise<Vehicle["presence"]> {
  fixture.clock.at += ms;
  await sweepPresence(fixture.cloud.db, fixture.clock.at, CONFIGURED_MS);
  return ((await fixture.call("GET", "/api/v1/vehicles/car")).data() as Vehicle).presence;
}

const say = (presence: "online" | "offline") =>
  storePresence(fixture.cloud.db, DEFAULT_ORGANISATION, "car", presence, fixture.clock.at);

test("D5 a vehicle is offline once three heartbeats were missed, and not before", async () => {
  await hear();
  expect(await presenceAfter(15 * MINUTE_MS)).toBe("online");
  expect(await presenceAfter(1)).toBe("offline");
});

async function beat(): Promise<void> {
  const heartbeat = {
    eventId: uuidv7(),
    streamEpoch: uuidv7(),
    seq: 1,
    at: 1,
    monotonicMs: 1,
    bootId: uuidv7(),
    clockTrusted: false,
    type: "heartbeat",
    intervalMs: MINUTE_MS,
  };
  const body = { events: [heartbeat] };
  const answer = await fixture.call("POST", "/api/v1/device/events", { token, body });
  expect(answer.status).toBe(200);
}
const presences = async (): Promise<string[]> => {
  const history = await fixture.call("GET", "/api/v1/vehicles/car/timeline?kind=presence");
  return (history.data() as { what: string }[]).map(({ what }) => what);
};

test("D5 a vehicle is online as soon as its first heartbeat came, and the next one is no news", async () => {
  await beat();
  const first = fixture.clock.at;
  fixture.clock.at += 1000;
  await beat();
  const { presence, presenceAt } = (await fixture.call("GET", "/api/v1/vehicles/car/health")).data() as {
    presence: string;
    presenceAt: number;
  };
  expect([presence, presenceAt]).toEqual(["online", first]);
  expect(await presences()).toEqual(["presence.online"]);
});

test("D5 a heartbeat makes a vehicle online that was offline", async () => {
  await say("offline");
  fixture.clock.at += 1;
  await beat();
  expect(await presences()).toEqual(["presence.online", "presence.offline"]);
});

test("D5 the interval that a vehicle states counts in place of the configured one", async () => {
  await beat();
  await fixture.cloud.lastSeen.flush();
  expect(await presenceAfter(3 * MINUTE_MS)).toBe("online");
  expect(await presenceAfter(1)).toBe("offline");
});

test("D5 a vehicle that the broker thinks connected is offline when it falls silent", async () => {
  await say("online");
  expect(await presenceAfter(16 * MINUTE_MS)).toBe("offline");
});

test("D5 a vehicle that is heard of again is online again", async () => {
  await hear();
  expect(await presenceAfter(20 * MINUTE_MS)).toBe("offline");
  fixture.clock.at += 1;
  await hear();
  expect(await presenceAfter(1)).toBe("online");
});

test("D5 a last will is not undone by what was heard before it", async () => {
  await hear();
  fixture.clock.at += 1000;
  await say("offline");
  expect(await presenceAfter(1000)).toBe("offline");
});

test("D5 a vehicle that was never heard of is neither online nor offline", async () => {
  expect(await presenceAfter(60 * MINUTE_MS)).toBeUndefined();
});

test("D5 a second sweep, or another instance's, changes nothing more", async () => {
  await hear();
  fixture.clock.at += 20 * MINUTE_MS;
  const sweep = () => sweepPresence(fixture.cloud.db, fixture.clock.at, CONFIGURED_MS);
  const changes = await Promise.all([sweep(), sweep()]);
  expect(changes.toSorted((a, b) => a - b).at(-1)).toBe(1);
  expect(await sweep()).toBe(0);
  const history = await fixture.call("GET", "/api/v1/vehicles/car/timeline?kind=presence");
  expect(history.data()).toHaveLength(1);
});
