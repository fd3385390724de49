import { afterEach, beforeEach, expect, test } from "vitest";
import type { Offer } from "@halfshaft/ota-format";
import { DEFAULT_ORGANISATION } from "../../db/open.ts";
import {
  eventStream,
  firmware,
  keyOfUser,
  manifestOf,
  publishRelease,
  registerVehicle,
  startCampaign,
  testCloud,
  type TestCloud,
} from "../../testing.ts";
import { storePresence } from "../presence/presence.ts";

interface Entry {
  at: number;
  kind: string;
  what: string;
  sentence: string;
  jobId?: string;
}

let fixture: TestCloud;
let device: string;
beforeEach(async () => {
  fixture = await testCloud();
  device = await registerVehicle(fixture, "car");
});
afterEach(() => fixture.close());

const later = (): number => (fixture.clock.at += 1000);
const read = async (query = "") => fixture.call("GET", `/api/v1/vehicles/car/timeline${query}`);
const timeline = async (query = ""): Promise<Entry[]> => (await read(query)).data() as Entry[];
const whats = async (query = ""): Promise<string[]> => (await timeline(query)).map(({ what }) => what);

/** A life: software is reported, an update comes, someone flashes the old version back. */
async function live(): Promise<string> {
  const old = await publishRelease(fixture, "1.0.0", firmware(1));
  const fresh = await publishRelease(fixture, "2.0.0", firmware(2));
  const report = async (version: string, sha256: string): Promise<void> => {
    later();
    const body = manifestOf("car", version, sha256);
    await fixture.call("PUT", "/api/v1/device/version-manifest", { token: device, body });
  };
  await report("1.0.0", old.sha256);
  await report("1.0.0", old.sha256);
  later();
  await startCampaign(fixture, fresh.releaseId, ["car"]);
  later();
  const offer = await fixture.call("GET", "/api/v1/device/offer", { token: device });
  const { jobId } = offer.data() as Offer;
  const events = eventStream(jobId);
  const stamped = [
    { ...events.stage("flash", "started", { ecuId: "ENG-car" }), at: later() },
    { ...events.outcome("succeeded"), at: later() },
  ];
  await fixture.call("POST", "/api/v1/device/events", { token: device, body: { events: stamped } });
  await report("2.0.0", fresh.sha256);
  await report("1.0.0", old.sha256);
  return jobId;
}

test("D7 a vehicle's life is one timeline, newest first", async () => {
  const jobId = await live();
  expect(await whats()).toEqual([
    "vehicle.softwareChanged",
    "software.changed",
    "software.changed",
    "outcome.succeeded",
    "job.succeeded",
    "flash.started",
    "job.offered",
    "job.queued",
    "software.changed",
    "presence.online",
    "device-token.issued",
    "vehicle.created",
  ]);
  const steps = await timeline("?kind=step");
  expect(steps.map((entry) => entry.jobId)).toEqual([jobId, jobId]);
  expect((await timeline("?kind=software"))[0]!.sentence).toBe("Engine control 2.0.0 → 1.0.0.");
});

test("D7 pages of a timeline join without a gap or a repeat, also within a millisecond", async () => {
  await live();
  const whole = await timeline();
  const paged: Entry[] = [];
  let query = "?limit=2";
  for (;;) {
    const page = await read(query);
    paged.push(...(page.data() as Entry[]));
    const cursor = page.nextCursor();
    if (cursor === undefined) break;
    query = `?limit=2&cursor=${cursor}`;
  }
  expect(paged).toEqual(whole);
});

test("D7 a timeline shows when the vehicle came and went, once each", async () => {
  const { db } = fixture.cloud;
  for (const presence of ["online", "online", "offline"] as const) {
    await storePresence(db, DEFAULT_ORGANISATION, "car", presence, later());
  }
  expect(await whats("?kind=presence")).toEqual(["presence.offline", "presence.online"]);
});

test("D7 a timeline names the user who did something, and keeps his id", async () => {
  const token = await keyOfUser(fixture, "anna", [{ role: "operator", scope: {} }]);
  await fixture.call("PATCH", "/api/v1/vehicles/car", { token, body: { model: "Roadster" } });
  const user = await fixture.cloud.db
    .selectFrom("users")
    .select("userId")
    .where("name", "=", "anna")
    .executeTakeFirstOrThrow();
  expect((await timeline("?kind=vehicle"))[0]).toMatchObject({
    sentence: "vehicle.changed by anna.",
    actor: { kind: "operator", id: user.userId },
  });
});

test("D7 a timeline shows the import that changed the vehicle", async () => {
  later();
  await fixture.call("POST", "/api/v1/vehicles/import", {
    body: "vehicleId,model\ncar,Roadster\n",
    type: "text/csv",
  });
  expect(await whats("?kind=imported")).toEqual(["vehicle.updated"]);
});

test("D7 a kind that does not exist is refused", async () => {
  expect((await read("?kind=job,dreams")).problem()).toMatchObject({
    status: 400,
    code: "TIMELINE_KIND_UNKNOWN",
    detail: 'A timeline has no entries of kind "dreams".',
  });
});
