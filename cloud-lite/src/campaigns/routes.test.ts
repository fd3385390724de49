import { afterEach, beforeEach, expect, test } from "vitest";
import type { Offer } from "@halfshaft/ota-format";
import type { Job } from "../jobs/schema.ts";
import {
  eventStream,
  firmware,
  manifestOf,
  publishRelease,
  registerVehicle,
  startCampaign,
  testCloud,
  type TestCloud,
} from "../testing.ts";
import type { Vehicle } from "../vehicles/schema.ts";
import type { Campaign } from "./schema.ts";

let fixture: TestCloud;
let device: string;
beforeEach(async () => {
  fixture = await testCloud();
  device = await registerVehicle(fixture, "car");
});
afterEach(() => fixture.close());

const offerNow = async (): Promise<Offer | null> =>
  (await fixture.call("GET", "/api/v1/device/offer", { token: device })).data() as Offer | null;
const report = (events: unknown[]) =>
  fixture.call("POST", "/api/v1/device/events", { token: device, body: { events } });
const readJob = async (jobId: string): Promise<Job> =>
  (await fixture.call("GET", `/api/v1/jobs/${jobId}`)).data() as Job;

test("C1 a campaign from start to completion: offer, events, version manifest, success", async () => {
  const old = await publishRelease(fixture, "1.0.0", firmware(1));
  const fresh = await publishRelease(fixture, "2.0.0", firmware(2));
  await fixture.call("PUT", "/api/v1/device/version-manifest", {
    token: device,
    body: manifestOf("car", "1.0.0", old.sha256),
  });
  const campaignId = await startCampaign(fixture, fresh.releaseId, ["car"]);
  expect(fixture.wokenUp).toEqual(["car"]);

  const offer = (await offerNow())!;
  expect(offer).toMatchObject({
    campaignId,
    attempt: 1,
    release: { releaseId: fresh.releaseId, name: "Release 2.0.0" },
    ecus: [{ ecuId: "ENG-car", version: "2.0.0" }],
    consent: { mode: "banner" },
    safetyPolicy: { parked: true },
  });
  expect((await readJob(offer.jobId)).status).toBe("offered");

  const events = eventStream(offer.jobId);
  await report([
    events.stage("plan", "started"),
    events.stage("flash", "started", { ecuId: "ENG-car" }),
    events.stage("flash", "done", { ecuId: "ENG-car", durationMs: 1500, bytes: 4096 }),
    events.stage("confirm", "decision", { decision: "commit" }),
    events.outcome("succeeded"),
  ]);
  expect(await readJob(offer.jobId)).toMatchObject({ status: "active", outcome: "succeeded" });
  expect(await offerNow()).toBeNull();

  await fixture.call("PUT", "/api/v1/device/version-manifest", {
    token: device,
    body: manifestOf("car", "2.0.0", fresh.sha256),
  });
  const job = await readJob(offer.jobId);
  expect(job).toMatchObject({ status: "succeeded", manifest: "agrees" });
  expect(job.ecus[0]).toMatchObject({
    versionBefore: "1.0.0",
    version: "2.0.0",
    reportedVersion: "2.0.0",
    runsNewVersion: true,
    stages: [{ stage: "flash", state: "done", durationMs: 1500, bytes: 4096 }],
  });
  expect(job.timeline.map((entry) => entry.what)).toEqual([
    "queued",
    "offered",
    "plan started",
    "flash started",
    "flash done",
    "decided: commit",
    "ended: succeeded",
  ]);
  await fixture.cloud.campaigns.idle();
  const campaign = (await fixture.call("GET", `/api/v1/campaigns/${campaignId}`)).data() as Campaign;
  expect(campaign).toMatchObject({ state: "completed", jobs: { succeeded: 1, queued: 0 } });
});

test("A9 a rolled back job carries its code, sentence and help, and trips the kill switch", async () => {
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  const campaignId = await startCampaign(fixture, releaseId, ["car"]);
  const { jobId } = (await offerNow())!;
  const events = eventStream(jobId);
  const operands = { name: "Engine control", version: "2.0.0", found: "1.0.0" };
  await report([
    events.stage("confirm", "failed", { ecuId: "ENG-car" }),
    events.outcome("rolledBack", {
      failure: { code: "CONFIRM_BOOT_FAILED", operands, ecuId: "ENG-car" },
    }),
  ]);
  await fixture.cloud.campaigns.idle();
  expect(await readJob(jobId)).toMatchObject({
    status: "rolledBack",
    failure: {
      code: "CONFIRM_BOOT_FAILED",
      sentence: "Engine control did not start version 2.0.0 and is back on 1.0.0.",
      ecuId: "ENG-car",
      retryable: false,
    },
  });
  const campaign = (await fixture.call("GET", `/api/v1/campaigns/${campaignId}`)).data() as Campaign;
  expect(campaign).toMatchObject({
    state: "paused",
    jobs: { rolledBack: 1 },
    haltedFor: [
      { kind: "failureRate", rate: 1, threshold: 0.02, judged: 1, phase: "All" },
      { kind: "rollbackRate" },
    ],
  });
});

test("A8 a success that the version manifest contradicts is a failure with its code", async () => {
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  await startCampaign(fixture, releaseId, ["car"]);
  const { jobId } = (await offerNow())!;
  await report([eventStream(jobId).outcome("succeeded")]);
  const body = manifestOf("car", "1.0.0", "0".repeat(64));
  await fixture.call("PUT", "/api/v1/device/version-manifest", { token: device, body });
  expect(await readJob(jobId)).toMatchObject({
    status: "failed",
    manifest: "disagrees",
    failure: {
      code: "REPORT_MANIFEST_DISAGREES",
      sentence: "The vehicle reported success, but Engine control runs 1.0.0 instead of 2.0.0.",
    },
  });
});

test("D3 what an ECU ran before is what the vehicle said when the offer was made", async () => {
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  await startCampaign(fixture, releaseId, ["car"]);
  const body = manifestOf("car", "1.0.0", "1".repeat(64));
  await fixture.call("PUT", "/api/v1/device/version-manifest", { token: device, body });
  const { jobId } = (await offerNow())!;
  expect((await readJob(jobId)).ecus[0]).toMatchObject({ versionBefore: "1.0.0" });
});

test("D3 a vehicle that reports an older version after an offline flash is believed", async () => {
  for (const [version, digest] of [
    ["2.0.0", "2".repeat(64)],
    ["1.0.0", "1".repeat(64)],
  ] as const) {
    const body = manifestOf("car", version, digest);
    await fixture.call("PUT", "/api/v1/device/version-manifest", { token: device, body });
  }
  const vehicle = (await fixture.call("GET", "/api/v1/vehicles/car")).data() as Vehicle;
  expect(vehicle.ecus[0]).toMatchObject({ version: "1.0.0", imageSha256: "1".repeat(64) });
});

test("C8 a paused campaign offers nothing; resumed, it wakes the vehicle and offers", async () => {
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  const campaignId = await startCampaign(fixture, releaseId, ["car"]);
  await fixture.call("POST", `/api/v1/campaigns/${campaignId}/pause`);
  expect(await offerNow()).toBeNull();
  await fixture.call("POST", `/api/v1/campaigns/${campaignId}/resume`);
  expect(fixture.wokenUp).toEqual(["car", "car"]);
  expect(await offerNow()).not.toBeNull();
});

test("C8 an aborted campaign takes back what was not begun", async () => {
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  const campaignId = await startCampaign(fixture, releaseId, ["car"]);
  const { jobId } = (await offerNow())!;
  const aborted = await fixture.call("POST", `/api/v1/campaigns/${campaignId}/abort`);
  expect(aborted.data()).toMatchObject({ state: "aborted", jobs: { expired: 1 } });
  expect(await offerNow()).toBeNull();
  expect((await readJob(jobId)).status).toBe("expired");
});

test("C8 a job that has begun is offered again after an abort, so that it can finish", async () => {
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  const campaignId = await startCampaign(fixture, releaseId, ["car"]);
  const { jobId } = (await offerNow())!;
  await report([eventStream(jobId).stage("flash", "started")]);
  await fixture.call("POST", `/api/v1/campaigns/${campaignId}/abort`);
  expect((await offerNow())?.jobId).toBe(jobId);
});

test("C8 a verb that was carried out is carried out once; an illegal one is refused", async () => {
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  const campaignId = await startCampaign(fixture, releaseId, ["car"]);
  const again = await fixture.call("POST", `/api/v1/campaigns/${campaignId}/start`);
  expect((again.data() as Campaign).jobs.queued).toBe(1);
  const resumed = await fixture.call("POST", `/api/v1/campaigns/${campaignId}/abort`);
  expect(resumed.status).toBe(200);
  const refused = await fixture.call("POST", `/api/v1/campaigns/${campaignId}/resume`);
  expect(refused.problem()).toMatchObject({
    status: 409,
    code: "CAMPAIGN_STATE",
    help: "What is possible now: rollBack.",
    detail: 'Campaign "Spring" is aborted; resume is not possible.',
  });
});

test("C9 an offer that nobody took up in its time expires", async () => {
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  await startCampaign(fixture, releaseId, ["car"]);
  const { jobId, expiresAt } = (await offerNow())!;
  fixture.clock.at = expiresAt;
  expect(await offerNow()).toBeNull();
  expect(await readJob(jobId)).toMatchObject({ status: "expired", endedAt: expiresAt });
});

test("C3 a campaign that reaches no vehicle does not start, and says why", async () => {
  const { releaseId, sha256 } = await publishRelease(fixture, "2.0.0", firmware(2));
  const body = manifestOf("car", "2.0.0", sha256);
  await fixture.call("PUT", "/api/v1/device/version-manifest", { token: device, body });
  const made = await fixture.call("POST", "/api/v1/campaigns", {
    body: {
      name: "X",
      releaseId,
      target: { all: true },
      consent: { mode: "silent" },
      safetyPolicy: { parked: true },
    },
  });
  const { campaignId } = made.data() as { campaignId: string };
  const refused = await fixture.call("POST", `/api/v1/campaigns/${campaignId}/start`);
  expect(refused.problem()).toMatchObject({
    code: "CAMPAIGN_NOBODY",
    detail: 'Campaign "X" reaches no vehicle: of 1, 1 up to date.',
  });
  const campaign = await fixture.call("GET", `/api/v1/campaigns/${campaignId}`);
  expect((campaign.data() as Campaign).state).toBe("draft");
});

test.each([
  [{ vehicleIds: ["car", "bus"] }, "VEHICLE_UNKNOWN", "There is no vehicle bus."],
  [{ vins: ["1M8GDM9AXKP042788"] }, "VIN_UNKNOWN", "No vehicle has VIN 1M8GDM9AXKP042788."],
])("C3 a target that names an unknown vehicle is refused: %j", async (target, code, detail) => {
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  const refused = await fixture.call("POST", "/api/v1/campaigns", {
    body: { name: "X", releaseId, target, consent: { mode: "silent" }, safetyPolicy: { parked: true } },
  });
  expect(refused.problem()).toMatchObject({ status: 404, code, detail });
});

test("C3 a draft release cannot be offered", async () => {
  const draft = await fixture.call("POST", "/api/v1/releases", { body: { name: "Draft" } });
  const { releaseId } = draft.data() as { releaseId: string };
  const refused = await fixture.call("POST", "/api/v1/campaigns", {
    body: {
      name: "X",
      releaseId,
      target: { all: true },
      consent: { mode: "silent" },
      safetyPolicy: { parked: true },
    },
  });
  expect(refused.problem().code).toBe("RELEASE_NOT_PUBLISHED");
});
