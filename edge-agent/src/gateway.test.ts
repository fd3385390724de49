import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { VersionManifest } from "@halfshaft/ota-format";
import { inlineDeltaEngine } from "@halfshaft/ota-format/delta";
import { VirtualBus } from "@halfshaft/vehicle-net/can";
import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import { MemoryLevel } from "memory-level";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { createGateway, type Gateway } from "./gateway.ts";
import type { FetchFunction } from "./http/http.ts";
import { JOB, T0, testOffer } from "./journal/testing.ts";
import { SimulatedVehicle } from "./vehicle-state.ts";

let folder: string;
let gateway: Gateway;
let clock: VirtualClock;
let asked: { method: string; path: string; json: unknown }[];
let vehicle: SimulatedVehicle;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfshaft-gateway-"));
  clock = new VirtualClock();
  asked = [];
  vehicle = new SimulatedVehicle({ gear: "P" });
});
afterEach(async () => {
  await clock.run(gateway.stop());
  await rm(folder, { recursive: true, force: true });
});

const answer = (data: unknown): Response =>
  Response.json({ data, metadata: { requestId: "r" }, timestamp: T0 });

/** A gateway on a bus where nobody else is, with a cloud that answers as `cloud` says. */
async function start(cloud: (path: string) => Response): Promise<void> {
  const fetch: FetchFunction = async (url, { method, body }) => {
    const path = new URL(url).pathname;
    asked.push({ method, path, json: body === undefined ? undefined : JSON.parse(body) });
    return cloud(path);
  };
  const wire = new VirtualBus({ clock, bitrate: 500_000 });
  gateway = await createGateway({
    config: readConfig({
      vehicleId: "vehicle-1",
      cloudUrl: "http://cloud.test",
      bus: "virtual:x",
      ecus: [{ ecuId: "ENG-1", profile: "engine" }],
      gateway: { ecuId: "GW-1", name: "Gateway", hardwareId: "gw", version: "0.1.0" },
    }),
    dataFolder: folder,
    level: new MemoryLevel(),
    roots: { director: new Uint8Array(), image: new Uint8Array() },
    token: "token",
    fetch,
    openBus: () => Promise.resolve(wire.attach("gateway")),
    clock,
    now: () => T0 + Math.floor(clock.now()),
    deltas: inlineDeltaEngine(),
    vehicle,
    log: pino({ level: "silent" }),
  });
  gateway.start();
}

const nothingToDo = (path: string): Response =>
  answer(path.endsWith("/offer") ? null : path.endsWith("/events") ? { accepted: 1, duplicates: 0 } : {});
const count = (path: string): number => asked.filter((request) => request.path.endsWith(path)).length;

test("E1 at its start the gateway reports what its ECUs run, also that one does not answer", async () => {
  await start(nothingToDo);
  await clock.advance(30_000);
  const report = asked.find(({ path }) => path.endsWith("/version-manifest"));
  expect(
    (report!.json as VersionManifest).ecus.map(({ ecuId, bootState }) => `${ecuId} ${bootState}`),
  ).toEqual(["ENG-1 unknown", "GW-1 committed"]);
  expect(gateway.controls.current().ecus.map(({ answers }) => answers)).toEqual(["no", "yes"]);
});

test("E1 the cloud is asked again and again, and at once when someone wants it", async () => {
  await start(nothingToDo);
  await clock.advance(30_000);
  expect(count("/offer")).toBe(1);
  await gateway.controls.check();
  await clock.advance(1);
  expect(count("/offer")).toBe(2);
  await clock.advance(600_000);
  expect(count("/offer")).toBeGreaterThan(5);
});

test("E1 without a cloud the gateway works on, and catches up", async () => {
  let isThere = false;
  await start((path) => {
    if (!isThere) throw new TypeError("no route");
    return nothingToDo(path);
  });
  await clock.advance(300_000);
  expect(gateway.controls.current().cloud).toBe("offline");
  isThere = true;
  await clock.advance(300_000);
  expect(gateway.controls.current().cloud).toBe("online");
  expect(count("/version-manifest")).toBeGreaterThan(0);
});

test("E10 one heartbeat waits at most, however long the vehicle is offline", async () => {
  let isThere = false;
  await start((path) => {
    if (!isThere) throw new TypeError("no route");
    return nothingToDo(path);
  });
  await clock.advance(86_400_000);
  isThere = true;
  asked = [];
  await clock.advance(600_000);
  const [first] = asked.filter(({ path }) => path.endsWith("/events"));
  expect((first!.json as { events: object[] }).events).toHaveLength(1);
});

test("E6 a decision or an acknowledgement that fits nothing is refused and leaves nothing", async () => {
  await start(nothingToDo);
  await clock.advance(30_000);
  expect(await gateway.controls.decide(JOB.jobId, "now")).toBe(false);
  expect(await gateway.controls.acknowledge(JOB.jobId)).toBe(false);
  expect(gateway.controls.current().job).toBeUndefined();
});

test("E11 what changes in the vehicle is published", async () => {
  await start(nothingToDo);
  const gears: (string | undefined)[] = [];
  gateway.controls.subscribe((state) => gears.push(state.vehicle.gear));
  vehicle.set({ gear: "D" });
  await clock.advance(1);
  expect(gears).toContain("D");
});

test("E3 an offer without trusted metadata is refused and reported, and not begun again", async () => {
  await start((path) => {
    if (path.startsWith("/repo/")) return new Response("", { status: 403 });
    return path.endsWith("/offer") ? answer(testOffer({ expiresAt: T0 + 60_000 })) : nothingToDo(path);
  });
  await clock.advance(600_000);
  const { job } = gateway.controls.current();
  expect(job?.outcome).toMatchObject({ kind: "failed", reported: true, safeToDrive: true });
  const outcomes = asked
    .filter(({ path }) => path.endsWith("/events"))
    .flatMap(({ json }) => (json as { events: { type: string }[] }).events)
    .filter(({ type }) => type === "outcome");
  expect(outcomes).toHaveLength(1);
  expect(await gateway.controls.acknowledge(JOB.jobId)).toBe(true);
  expect(gateway.controls.current().job).toBeUndefined();
});
