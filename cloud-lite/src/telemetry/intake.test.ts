import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import type { Event, Offer } from "@halfshaft/ota-format";
import type { CloudConfig } from "../config.ts";
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
afterEach(() => fixture.close());

/** A vehicle with an offer of a job. */
async function vehicleWithJob(config: Partial<CloudConfig> = {}): Promise<{ device: string; jobId: string }> {
  fixture = await testCloud({ config });
  const device = await registerVehicle(fixture, "car");
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  await startCampaign(fixture, releaseId, ["car"]);
  const offer = await fixture.call("GET", "/api/v1/device/offer", { token: device });
  return { device, jobId: (offer.data() as Offer).jobId };
}

const report = (token: string, events: readonly unknown[]): Promise<Reply> =>
  fixture.call("POST", "/api/v1/device/events", { token, body: { events } });
const read = async <T>(path: string): Promise<T> => (await fixture.call("GET", path)).data() as T;

test("A8 any order of the same events, and any of them twice, give the same status", async () => {
  const { device, jobId } = await vehicleWithJob();
  const failure = { code: "FLASH_NO_ANSWER", operands: { name: "Engine control", operation: "erase" } };
  const told = (stream: ReturnType<typeof eventStream>): Event[] => [
    stream.stage("plan", "started"),
    stream.stage("plan", "done"),
    stream.stage("flash", "started", { ecuId: "ENG-car" }),
    stream.stage("flash", "failed", { ecuId: "ENG-car" }),
    stream.outcome("failed", { failure }),
  ];
  const expected = { status: "failed", outcome: "failed", stage: "flash" };
  const deliveries = fc.array(fc.nat(4), { maxLength: 5 }).chain((again) => {
    const all = [0, 1, 2, 3, 4, ...again].map((index, place) => ({ index, place }));
    return fc.record({
      order: fc.shuffledSubarray(all, { minLength: all.length }),
      size: fc.integer({ min: 1, max: 4 }),
    });
  });
  await fc.assert(
    fc.asyncProperty(deliveries, async ({ order, size }) => {
      await fixture.cloud.db.deleteFrom("events").execute();
      const events = told(eventStream(jobId));
      for (let from = 0; from < order.length; from += size) {
        await report(
          device,
          order.slice(from, from + size).map(({ index }) => events[index]),
        );
      }
      expect(await read<Job>(`/api/v1/jobs/${jobId}`)).toMatchObject(expected);
    }),
    { numRuns: 15 },
  );
});

test("A8 batches that come at once share a transaction, and each gets its own answer", async () => {
  const { device, jobId } = await vehicleWithJob();
  const other = await registerVehicle(fixture, "bus");
  const mine = eventStream(jobId);
  const first = mine.stage("plan", "started");
  const answers = await Promise.all([
    report(device, [first, mine.stage("plan", "done")]),
    report(other, [eventStream(jobId).stage("plan", "started")]),
    report(device, [first]),
  ]);
  expect(answers.map((answer) => answer.data())).toEqual([
    { accepted: 2, duplicates: 0 },
    { accepted: 1, duplicates: 0 },
    { accepted: 0, duplicates: 1 },
  ]);
});

test("A8 a full queue answers 429 with Retry-After, and what was refused is taken later", async () => {
  const { device, jobId } = await vehicleWithJob({ eventsWaiting: 2 });
  const stream = eventStream(jobId);
  const batches = Array.from({ length: 3 }, () => [
    stream.stage("plan", "started"),
    stream.stage("plan", "done"),
  ]);
  const answers = await Promise.all(batches.map((batch) => report(device, batch)));
  const refused = answers.find(({ status }) => status === 429)!;
  expect(refused.problem().code).toBe("TELEMETRY_BUSY");
  expect(Number(refused.header("retry-after"))).toBeGreaterThan(0);
  for (const batch of batches) expect((await report(device, batch)).status).toBe(200);
  expect(await read("/api/v1/vehicles/car/telemetry")).toMatchObject({ epochs: [{ highest: 6, lost: 0 }] });
});

test("A8 a terminal outcome is stored over quota too, and only it", async () => {
  const { device, jobId } = await vehicleWithJob({ eventQuota: 2 });
  const stream = eventStream(jobId);
  await report(device, [stream.stage("plan", "started"), stream.stage("plan", "done")]);
  const batch = [stream.stage("flash", "started"), stream.outcome("declined")];
  const refused = await report(device, batch);
  expect([refused.status, refused.problem().code]).toEqual([429, "TELEMETRY_QUOTA"]);
  expect(Number(refused.header("retry-after"))).toBeGreaterThan(0);
  expect(await read<Job>(`/api/v1/jobs/${jobId}`)).toMatchObject({ status: "declined" });
  expect(await read("/api/v1/vehicles/car/telemetry")).toMatchObject({
    epochs: [{ highest: 4, stored: 3, missing: [{ from: 3, to: 3 }] }],
  });
});

test("A8 gaps in each epoch are visible until the late events come", async () => {
  const { device, jobId } = await vehicleWithJob();
  const stream = eventStream(jobId);
  const events = Array.from({ length: 6 }, () => stream.stage("plan", "started"));
  await report(device, [events[1], events[4]]);
  const epoch = events[0]!.streamEpoch;
  expect(await read("/api/v1/vehicles/car/telemetry")).toEqual({
    epochs: [
      {
        epoch,
        highest: 5,
        stored: 2,
        lost: 3,
        missing: [
          { from: 1, to: 1 },
          { from: 3, to: 4 },
        ],
      },
    ],
  });
  await report(device, events);
  expect(await read("/api/v1/vehicles/car/telemetry")).toEqual({
    epochs: [{ epoch, highest: 6, stored: 6, lost: 0, missing: [] }],
  });
});

test("A8 an event of a clock that cannot be trusted happened when it came", async () => {
  const { device, jobId } = await vehicleWithJob();
  const stream = eventStream(jobId);
  await report(device, [{ ...stream.stage("plan", "started"), at: 7, clockTrusted: false }]);
  expect((await read<Job>(`/api/v1/jobs/${jobId}`)).startedAt).toBe(fixture.clock.at);
});

test("A8 a batch may be gzipped", async () => {
  const { device, jobId } = await vehicleWithJob();
  const body = gzipSync(JSON.stringify({ events: [eventStream(jobId).stage("plan", "started")] }));
  const answer = await fixture.call("POST", "/api/v1/device/events", {
    token: device,
    body,
    type: "application/json",
    headers: { "content-encoding": "gzip" },
  });
  expect(answer.data()).toEqual({ accepted: 1, duplicates: 0 });
});

const spoilt: [string, Buffer, string, number][] = [
  ["that unpacks to more than is allowed", gzipSync(Buffer.alloc(2_000_000, " ")), "gzip", 413],
  ["that is cut off", gzipSync('{"events":[]}').subarray(0, 15), "gzip", 400],
  ["of an unknown encoding", Buffer.from("{}"), "br", 415],
];
test.each(spoilt)("A8 a body %s is refused", async (_name, body, encoding, status) => {
  const { device } = await vehicleWithJob();
  const answer = await fixture.call("POST", "/api/v1/device/events", {
    token: device,
    body,
    type: "application/json",
    headers: { "content-encoding": encoding },
  });
  expect(answer.status).toBe(status);
});
