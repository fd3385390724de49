import { v7 as uuidv7 } from "uuid";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  eventStream,
  firmware,
  manifestOf,
  publishRelease,
  registerVehicle,
  startCampaign,
  testCloud,
  type TestCloud,
} from "../../testing.ts";

const FAILURE = { code: "FLASH_NO_ANSWER", operands: { name: "Engine control", operation: "erase" } };
let fixture: TestCloud;
beforeEach(async () => {
  fixture = await testCloud();
});
afterEach(() => fixture.close());

const health = async () => (await fixture.call("GET", "/api/v1/vehicles/car/health")).data();

test("D5 of a vehicle that was never heard of, nothing is known", async () => {
  await registerVehicle(fixture, "car");
  expect(await health()).toEqual({
    health: "unknown",
    reasons: [{ code: "neverSeen", sentence: "The vehicle was never heard of." }],
    status: "new",
    presence: "unknown",
    eventsLost: 0,
    openJobs: [],
  });
});

test("D5 the health of a vehicle tells its failed job, its clock and what was lost on the way", async () => {
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  const token = await registerVehicle(fixture, "car");
  await startCampaign(fixture, releaseId, ["car"]);
  const offer = await fixture.call("GET", "/api/v1/device/offer", { token });
  const { jobId } = offer.data() as { jobId: string };
  await fixture.cloud.lastSeen.flush();
  expect(await health()).toMatchObject({ health: "good", status: "waiting", openJobs: [{ jobId }] });

  const stream = eventStream(jobId);
  const begun = stream.stage("plan", "started");
  stream.stage("plan", "done");
  const ended = {
    ...stream.outcome("failed", { failure: FAILURE }),
    clockTrusted: false,
  };
  const told = await fixture.call("POST", "/api/v1/device/events", {
    token,
    body: { events: [begun, ended] },
  });
  expect(told.status).toBe(200);
  expect(await health()).toMatchObject({
    health: "attention",
    status: "failed",
    reasons: [{ code: "lastJobFailed" }, { code: "clockUntrusted" }, { code: "eventsLost" }],
    clockTrusted: false,
    eventsLost: 1,
    openJobs: [],
    newestJob: { jobId, status: "failed" },
  });
});

test("D5 a vehicle that has just reported what it runs is online and was seen", async () => {
  const token = await registerVehicle(fixture, "car");
  const body = manifestOf("car", "1.0.0", "a".repeat(64));
  await fixture.call("PUT", "/api/v1/device/version-manifest", { token, body });
  expect(await health()).toMatchObject({ health: "good", presence: "online", lastSeenAt: fixture.clock.at });
});

test("D5 a vehicle that has just reported an event was seen", async () => {
  const token = await registerVehicle(fixture, "car");
  const body = { events: [eventStream(uuidv7()).stage("plan", "started")] };
  await fixture.call("POST", "/api/v1/device/events", { token, body });
  expect(await health()).toMatchObject({ health: "good", status: "idle", lastSeenAt: fixture.clock.at });
});

test("D5 the health of an unknown vehicle is refused", async () => {
  expect((await fixture.call("GET", "/api/v1/vehicles/bus/health")).problem().code).toBe("VEHICLE_UNKNOWN");
});
