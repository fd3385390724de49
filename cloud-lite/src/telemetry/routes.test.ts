import { afterEach, beforeEach, expect, test } from "vitest";
import type { Offer } from "@halfshaft/ota-format";
import type { Job } from "../jobs/schema.ts";
import {
  eventStream,
  firmware,
  publishRelease,
  registerVehicle,
  startCampaign,
  testCloud,
  type Reply,
  type TestCloud,
} from "../testing.ts";

let fixture: TestCloud;
let device: string;
let jobId: string;
beforeEach(async () => {
  fixture = await testCloud();
  device = await registerVehicle(fixture, "car");
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  await startCampaign(fixture, releaseId, ["car"]);
  const offer = await fixture.call("GET", "/api/v1/device/offer", { token: device });
  ({ jobId } = offer.data() as Offer);
});
afterEach(() => fixture.close());

const report = (events: readonly unknown[], token = device): Promise<Reply> =>
  fixture.call("POST", "/api/v1/device/events", { token, body: { events } });
const job = async (): Promise<Job> => (await fixture.call("GET", `/api/v1/jobs/${jobId}`)).data() as Job;

test("A8 a batch that comes twice is stored once", async () => {
  const stream = eventStream(jobId);
  const batch = [stream.stage("plan", "started"), stream.stage("plan", "done")];
  expect((await report(batch)).data()).toEqual({ accepted: 2, duplicates: 0 });
  const before = await job();
  expect((await report(batch)).data()).toEqual({ accepted: 0, duplicates: 2 });
  expect(await job()).toEqual(before);
});

test("A8 a batch that overlaps an earlier one adds what is new", async () => {
  const stream = eventStream(jobId);
  const first = stream.stage("plan", "started");
  await report([first]);
  const answer = await report([first, stream.stage("plan", "done")]);
  expect(answer.data()).toEqual({ accepted: 1, duplicates: 1 });
});

test("A8 an event twice in one batch is stored once", async () => {
  const event = eventStream(jobId).stage("plan", "started");
  expect((await report([event, event])).data()).toEqual({ accepted: 1, duplicates: 1 });
});

test("A8 a place in the stream is taken once, whatever the event's id", async () => {
  const stream = eventStream(jobId);
  const event = stream.stage("plan", "started");
  const other = { ...stream.stage("plan", "done"), seq: event.seq };
  await report([event]);
  expect((await report([other])).data()).toEqual({ accepted: 0, duplicates: 1 });
});

test("A8 events that come late and out of order give the same job", async () => {
  const stream = eventStream(jobId);
  const [plan, flash, done] = [
    stream.stage("plan", "started"),
    stream.stage("flash", "started", { ecuId: "ENG-car" }),
    stream.outcome("failed", {
      failure: { code: "FLASH_NO_ANSWER", operands: { name: "Engine control", operation: "erase" } },
    }),
  ];
  await report([done]);
  await report([flash]);
  await report([plan]);
  expect(await job()).toMatchObject({
    status: "failed",
    stage: "flash",
    startedAt: 1_000_001,
    endedAt: 1_000_003,
    failure: { sentence: "Engine control stopped answering during erase." },
  });
});

test("T2 another vehicle cannot move this vehicle's job", async () => {
  const other = await registerVehicle(fixture, "bus");
  const answer = await report([eventStream(jobId).outcome("failed")], other);
  expect(answer.data()).toEqual({ accepted: 1, duplicates: 0 });
  expect((await job()).status).toBe("offered");
});

test("A8 a vehicle's events are listed, newest arrival first", async () => {
  const stream = eventStream(jobId);
  await report([stream.stage("plan", "started"), stream.stage("plan", "done")]);
  const page = await fixture.call("GET", "/api/v1/vehicles/car/events?limit=1");
  expect(page.data()).toMatchObject([{ event: { seq: 2, kind: "done" } }]);
  const next = await fixture.call("GET", `/api/v1/vehicles/car/events?limit=1&cursor=${page.nextCursor()}`);
  expect(next.data()).toMatchObject([{ event: { seq: 1, kind: "started" } }]);
  expect(next.nextCursor()).toBeUndefined();
});

test("A8 a code that this cloud does not know is shown as it is", async () => {
  const failure = { code: "FLASH_FROM_THE_FUTURE", operands: {} };
  await report([eventStream(jobId).outcome("failed", { failure })]);
  expect((await job()).failure).toMatchObject({
    code: "FLASH_FROM_THE_FUTURE",
    sentence: "The vehicle reported FLASH_FROM_THE_FUTURE.",
  });
});

test("A6 a vehicle's outcome is audited with the vehicle as actor", async () => {
  await report([eventStream(jobId).outcome("declined")]);
  const [entry] = (await fixture.call("GET", `/api/v1/audit?subjectId=${jobId}`)).data() as object[];
  expect(entry).toMatchObject({ action: "job.declined", actor: { kind: "vehicle", id: "car" } });
});

test("A8 an offer that was declined is not made again at every poll", async () => {
  await report([eventStream(jobId).outcome("declined")]);
  const offer = await fixture.call("GET", "/api/v1/device/offer", { token: device });
  expect(offer.data()).toBeNull();
});

test("D3 when a vehicle was last seen is written in batches", async () => {
  const lastSeen = async (): Promise<unknown> =>
    ((await fixture.call("GET", "/api/v1/vehicles/car")).data() as { lastSeenAt?: number }).lastSeenAt;
  expect(await lastSeen()).toBeUndefined();
  await fixture.cloud.lastSeen.flush();
  expect(await lastSeen()).toBe(fixture.clock.at);
});
