import { afterEach, beforeEach, expect, test } from "vitest";
import { firmware, publishRelease, testCloud, type TestCloud } from "../testing.ts";
import {
  act,
  auditOf,
  makeCampaign,
  registerFleet,
  settled,
  startNew,
  beginByHand,
} from "./fleet.testing.ts";
import { createReconciler } from "./reconciler.ts";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await testCloud();
});
afterEach(() => cloud.close());

const HOUR_MS = 3_600_000;

test("C9 a denied update is not offered at every poll", async () => {
  const fleet = await registerFleet(cloud, 1);
  const campaignId = await startNew(cloud, { consent: { mode: "banner" } });
  await fleet.end("car-0000", "declined");
  for (let poll = 0; poll < 3; poll += 1) {
    cloud.clock.at += HOUR_MS;
    await cloud.cloud.campaigns.tick();
    expect(await fleet.offer("car-0000")).toBeNull();
  }
  expect(await settled(cloud, campaignId)).toMatchObject({ state: "completed", jobs: { declined: 1 } });
});

test("C5 phases follow each other by their gates, and each vehicle is in one of them", async () => {
  const fleet = await registerFleet(cloud, 30);
  const gate = { soakMs: HOUR_MS, minimumSample: 3 };
  const phases = [
    { name: "Canary", size: { percentage: 10 }, gate },
    { name: "Some", size: { percentage: 50 }, gate },
    { name: "All" },
  ];
  const campaignId = await startNew(cloud, { phases, seed: "spring" });
  const expected = [3, 12, 15];
  for (const [i, count] of expected.entries()) {
    const campaign = await settled(cloud, campaignId);
    expect(campaign.phases.map(({ startedAt }) => startedAt !== undefined)).toEqual([true, i > 0, i > 1]);
    expect(campaign.phases[i]!.jobs.queued).toBe(count);
    for (const id of fleet.vehicleIds) if (await fleet.offer(id)) await fleet.succeed(id);
    if (i === 2) break;
    expect((await settled(cloud, campaignId)).phases[i]!.waitsFor).toEqual(["soak"]);
    cloud.clock.at += HOUR_MS;
  }
  const campaign = await settled(cloud, campaignId);
  expect(campaign).toMatchObject({ state: "completed", jobs: { succeeded: 30 } });
  expect(campaign.phases.map(({ jobs }) => jobs.succeeded)).toEqual(expected);
});

test("C5 a phase by criteria takes its own vehicles, and a later one the rest", async () => {
  const north = await registerFleet(cloud, 3, { prefix: "north", region: "eu-north" });
  await registerFleet(cloud, 4, { prefix: "south", region: "eu-south" });
  const phases = [{ name: "North", criteria: { regions: ["eu-north"] } }, { name: "Rest" }];
  const campaignId = await startNew(cloud, { phases });
  expect((await settled(cloud, campaignId)).phases[0]!.jobs.queued).toBe(3);
  for (const id of north.vehicleIds) await north.succeed(id);
  expect((await settled(cloud, campaignId)).phases[1]!.jobs.queued).toBe(4);
});

test("C6 a gate that somebody must open waits for the next phase to be begun by hand", async () => {
  const fleet = await registerFleet(cloud, 4);
  const phases = [{ name: "Canary", size: { count: 2 }, gate: { manual: true } }, { name: "Rest" }];
  const campaignId = await startNew(cloud, { phases });
  for (const id of fleet.vehicleIds) if (await fleet.offer(id)) await fleet.succeed(id);
  const waiting = await settled(cloud, campaignId);
  expect(waiting).toMatchObject({ state: "active", phases: [{ waitsFor: ["approval"] }, {}] });
  await beginByHand(cloud, campaignId, "Rest");
  expect((await settled(cloud, campaignId)).phases[1]!.jobs.queued).toBe(2);
  const overridden = (await auditOf(cloud, campaignId)).find(
    ({ action }) => action === "campaign.gateOverridden",
  );
  expect(overridden?.payload).toMatchObject({ phase: "Rest", overridden: ["approval"] });
});

test("C6 a finished phase that misses its gate pauses, for waiting does not help", async () => {
  const fleet = await registerFleet(cloud, 10);
  const phases = [{ name: "Canary", size: { count: 8 } }, { name: "Rest" }];
  const campaignId = await startNew(cloud, { phases, halt: { failureRate: 0.5 } });
  const canaries: string[] = [];
  for (const id of fleet.vehicleIds) if (await fleet.offer(id)) canaries.push(id);
  await fleet.end(canaries[0]!, "failed");
  for (const id of canaries.slice(1)) await fleet.succeed(id);
  expect(await settled(cloud, campaignId)).toMatchObject({
    state: "paused",
    haltedFor: [{ kind: "gateFailed", phase: "Canary", missing: ["successRate"] }],
  });
});

test("C5 a phase does not begin before its time", async () => {
  await registerFleet(cloud, 2);
  const startAt = cloud.clock.at + HOUR_MS;
  const campaignId = await startNew(cloud, { phases: [{ name: "All", startAt }] });
  expect((await settled(cloud, campaignId)).jobs.queued).toBe(0);
  cloud.clock.at = startAt;
  expect((await settled(cloud, campaignId)).jobs.queued).toBe(2);
});

test("C12 a phase lets in no more vehicles a minute, and no more at once, than it may", async () => {
  const fleet = await registerFleet(cloud, 12);
  const campaignId = await startNew(cloud, {
    phases: [{ name: "All", vehiclesPerMinute: 2, maxConcurrent: 3 }],
  });
  const offered = async (): Promise<number> => {
    await cloud.cloud.campaigns.tick();
    for (const id of fleet.vehicleIds) await fleet.offer(id);
    return (await settled(cloud, campaignId)).jobs.offered;
  };
  expect(await offered()).toBe(1);
  cloud.clock.at += 30_000;
  expect(await offered()).toBe(2);
  cloud.clock.at += HOUR_MS;
  expect(await offered()).toBe(3);
  cloud.clock.at += HOUR_MS;
  expect(await offered()).toBe(3);
});

test("C12 a vehicle that does not come loses its place to another", async () => {
  const fleet = await registerFleet(cloud, 2);
  const campaignId = await startNew(cloud, { phases: [{ name: "All", maxConcurrent: 1 }] });
  const polled = async (): Promise<string[]> => {
    const jobs = (await cloud.call("GET", `/api/v1/jobs?campaignId=${campaignId}`)).data();
    return (jobs as { vehicleId: string; waiting?: string }[])
      .filter(({ waiting }) => waiting === undefined)
      .map(({ vehicleId }) => vehicleId);
  };
  const first = await polled();
  expect(first).toHaveLength(1);
  cloud.clock.at += 15 * 60_000;
  await cloud.cloud.campaigns.tick();
  const second = await polled();
  expect(second).toHaveLength(1);
  expect([...first, ...second].toSorted()).toEqual(fleet.vehicleIds);
});

test("C3 a dynamic campaign takes in vehicles that come later, others do not", async () => {
  await registerFleet(cloud, 2);
  const fixed = await startNew(cloud);
  const dynamic = await startNew(cloud, { dynamic: true });
  await registerFleet(cloud, 1, { prefix: "late" });
  cloud.clock.at += 10 * 60_000;
  expect((await settled(cloud, fixed)).jobs.queued).toBe(2);
  expect((await settled(cloud, dynamic)).jobs.queued).toBe(3);
});

test("C4 of two campaigns for a vehicle the more critical comes first, and the other waits", async () => {
  const fleet = await registerFleet(cloud, 1);
  const normal = await startNew(cloud);
  const critical = await startNew(cloud, { priority: "critical" });
  expect(await fleet.offer("car-0000")).toMatchObject({ campaignId: critical });
  const jobs = await cloud.call("GET", `/api/v1/jobs?campaignId=${normal}`);
  expect(jobs.data()).toMatchObject([{ status: "queued", waiting: "otherJob" }]);
  await fleet.succeed("car-0000");
  expect(await fleet.offer("car-0000")).toMatchObject({ campaignId: normal });
});

test("C1 a campaign with a start time starts by itself once it is approved", async () => {
  await registerFleet(cloud, 1);
  const startAt = cloud.clock.at + HOUR_MS;
  const running = await startNew(cloud);
  const { releaseId } = await settled(cloud, running);
  const campaignId = await makeCampaign(cloud, releaseId, { startAt });
  await act(cloud, campaignId, "submit");
  await act(cloud, campaignId, "approve");
  expect((await settled(cloud, campaignId)).state).toBe("scheduled");
  cloud.clock.at = startAt;
  expect((await settled(cloud, campaignId)).state).toBe("active");
});

test("C1 what an instance left half done another one goes on with, and no vehicle gets two jobs", async () => {
  await registerFleet(cloud, 700);
  const campaignId = await startNew(cloud, {
    phases: [{ name: "Half", size: { percentage: 50 } }, { name: "All" }],
  });
  await beginByHand(cloud, campaignId, "All");
  const others = [1, 2, 3].map(() =>
    createReconciler(
      () => cloud.cloud,
      (error) => void cloud.errors.push(error),
    ),
  );
  await Promise.all(others.map((other) => other.tick()));
  const campaign = await settled(cloud, campaignId);
  expect(campaign.phases.map(({ jobs }) => jobs.queued)).toEqual([350, 350]);
  expect(cloud.errors).toEqual([]);
});

test("C8 a vehicle that is held for replaced parts gets no job", async () => {
  const fleet = await registerFleet(cloud, 2);
  const held = { heldReason: "ecuReplaced" as const };
  const { db } = cloud.cloud;
  await db.updateTable("vehicles").set(held).where("vehicleId", "=", "car-0001").execute();
  const campaignId = await startNew(cloud);
  expect(await settled(cloud, campaignId)).toMatchObject({ jobs: { queued: 1 }, skipped: { held: 1 } });
  await db.updateTable("vehicles").set(held).where("vehicleId", "=", "car-0000").execute();
  expect(await fleet.offer("car-0000")).toBeNull();
});

test("C10 a vehicle that waits for a safe state says for what, and the share of them is known", async () => {
  const fleet = await registerFleet(cloud, 2);
  const phases = [
    { name: "Canary", size: { count: 2 }, gate: { blockedShare: 0.4, minimumSample: 1 } },
    { name: "Rest" },
  ];
  const campaignId = await startNew(cloud, { phases });
  const [blocked, well] = fleet.vehicleIds;
  const { jobId } = await fleet.begin(blocked!);
  await fleet.waitFor(blocked!, ["parked", "minBatteryVolts"]);
  await fleet.succeed(well!);
  const job = (await cloud.call("GET", `/api/v1/jobs/${jobId}`)).data();
  expect(job).toMatchObject({ stage: "readiness", blockedBy: ["parked", "minBatteryVolts"] });
  expect((await settled(cloud, campaignId)).phases[0]).toMatchObject({
    jobs: { blocked: 1 },
    waitsFor: ["blockedShare"],
  });
});

test("C9 each vehicle gets the deadline of its own night, and what it may download a second", async () => {
  const fleet = await registerFleet(cloud, 1);
  const { db } = cloud.cloud;
  await db.updateTable("vehicles").set({ timeZone: "Asia/Tokyo" }).execute();
  const deadline = Date.UTC(2026, 0, 3, 12);
  const consent = { mode: "forced", deadline, timeOfDay: "02:30" } as const;
  await startNew(cloud, { consent, downloadBytesPerSecond: 50_000 });
  expect(await fleet.offer("car-0000")).toMatchObject({
    consent: { mode: "forced", deadline: Date.UTC(2026, 0, 2, 17, 30) },
    downloadBytesPerSecond: 50_000,
  });
});

test("C5 a canary is one that has something to install", async () => {
  const fleet = await registerFleet(cloud, 6);
  const campaignId = await startNew(cloud, { seed: "s" });
  const [done] = fleet.vehicleIds;
  await fleet.succeed(done!);
  await act(cloud, campaignId, "abort");
  const { releaseId } = await settled(cloud, campaignId);
  for (const seed of ["a", "b", "c", "d", "e"]) {
    const phases = [{ name: "Canary", size: { count: 5 } }, { name: "Rest" }];
    const next = await makeCampaign(cloud, releaseId, { seed, phases });
    await act(cloud, next, "start");
    expect((await settled(cloud, next)).phases[0]!.jobs.queued).toBe(5);
    await act(cloud, next, "abort");
  }
});

test("C6 a phase without a vehicle shows nothing: the next one waits until somebody begins it", async () => {
  await registerFleet(cloud, 2);
  const phases = [{ name: "Ring", criteria: { regions: ["nowhere"] } }, { name: "Rest" }];
  const campaignId = await startNew(cloud, { phases });
  expect((await settled(cloud, campaignId)).phases[0]!.waitsFor).toEqual(["sample"]);
  await beginByHand(cloud, campaignId, "Rest");
  expect((await settled(cloud, campaignId)).phases[1]!.jobs.queued).toBe(2);
});

test("C8 to ask twice for the next phase begins one phase", async () => {
  await registerFleet(cloud, 6);
  const one = { size: { count: 1 }, gate: { manual: true } };
  const phases = [{ name: "First", ...one }, { name: "Second", ...one }, { name: "Third" }];
  const campaignId = await startNew(cloud, { phases });
  for (const _time of [1, 2]) expect((await beginByHand(cloud, campaignId, "Second")).status).toBe(200);
  const { phases: now } = await settled(cloud, campaignId);
  expect(now.map(({ startedAt }) => startedAt !== undefined)).toEqual([true, true, false]);
});

test.each([
  ["Third", "CAMPAIGN_PHASE_NOT_NEXT"],
  ["Fourth", "CAMPAIGN_PHASE_UNKNOWN"],
  [undefined, "CAMPAIGN_PHASE_NEEDED"],
])("C8 phase %s cannot begin after the first: %s", async (phase, code) => {
  await registerFleet(cloud, 6);
  const one = { size: { count: 1 }, gate: { manual: true } };
  const phases = [{ name: "First", ...one }, { name: "Second", ...one }, { name: "Third" }];
  const campaignId = await startNew(cloud, { phases });
  expect((await beginByHand(cloud, campaignId, phase)).problem().code).toBe(code);
});

test("C8 a campaign that a gate halted goes on with the next phase, where somebody begins it", async () => {
  const fleet = await registerFleet(cloud, 4);
  const phases = [{ name: "Canary", size: { count: 2 } }, { name: "Rest" }];
  const campaignId = await startNew(cloud, { phases, halt: { failureRate: 1 } });
  const canaries: string[] = [];
  for (const id of fleet.vehicleIds) if (await fleet.offer(id)) canaries.push(id);
  await fleet.end(canaries[0]!, "failed");
  await fleet.succeed(canaries[1]!);
  expect(await settled(cloud, campaignId)).toMatchObject({
    state: "paused",
    haltedFor: [{ kind: "gateFailed" }],
  });
  await beginByHand(cloud, campaignId, "Rest");
  expect(await settled(cloud, campaignId)).toMatchObject({ state: "active", jobs: { queued: 2 } });
});

test("C8 what the kill switch halted is resumed, and not by its next phase", async () => {
  const fleet = await registerFleet(cloud, 2);
  const phases = [{ name: "Canary", size: { count: 1 } }, { name: "Rest" }];
  const campaignId = await startNew(cloud, { phases });
  for (const id of fleet.vehicleIds) if (await fleet.offer(id)) await fleet.end(id, "failed");
  expect((await settled(cloud, campaignId)).state).toBe("paused");
  expect((await beginByHand(cloud, campaignId, "Rest")).problem().code).toBe("CAMPAIGN_HALTED");
});

test("C12 a silent vehicle keeps no other one from coming", async () => {
  const fleet = await registerFleet(cloud, 3);
  const phases = [{ name: "One at a time", maxConcurrent: 1 }];
  const halt = { failureRate: 1, minimumSample: 100 };
  const campaignId = await startNew(cloud, { phases, halt });
  const offered = async (): Promise<string[]> => {
    const ids: string[] = [];
    for (const id of fleet.vehicleIds) if (await fleet.offer(id)) ids.push(id);
    return ids;
  };
  const [first] = await offered();
  await fleet.begin(first!);
  cloud.clock.at += 24 * HOUR_MS;
  await settled(cloud, campaignId);
  expect((await offered()).filter((id) => id !== first)).toHaveLength(1);
});

test("C1 a campaign is completed when all but the silent vehicles have ended", async () => {
  const fleet = await registerFleet(cloud, 60);
  const campaignId = await startNew(cloud);
  const [lost, ...others] = fleet.vehicleIds;
  await fleet.begin(lost!);
  for (const id of others) await fleet.succeed(id);
  expect((await settled(cloud, campaignId)).state).toBe("active");
  cloud.clock.at += 24 * HOUR_MS;
  expect(await settled(cloud, campaignId)).toMatchObject({
    state: "completed",
    phases: [{ jobs: { silent: 1 } }],
  });
});

test("C7 a vehicle that waits to be parked, and says that it is there, is not silent", async () => {
  const fleet = await registerFleet(cloud, 1);
  const campaignId = await startNew(cloud);
  await fleet.begin("car-0000");
  await fleet.waitFor("car-0000", ["parked"]);
  for (let hour = 0; hour < 30; hour += 1) {
    cloud.clock.at += HOUR_MS;
    await fleet.beat("car-0000");
  }
  expect(await settled(cloud, campaignId)).toMatchObject({
    state: "active",
    phases: [{ jobs: { silent: 0 } }],
  });
});

test("C7 heartbeats in the middle of flashing are no sign of progress", async () => {
  const fleet = await registerFleet(cloud, 1);
  const campaignId = await startNew(cloud);
  await fleet.begin("car-0000");
  cloud.clock.at += 24 * HOUR_MS;
  await fleet.beat("car-0000");
  expect((await settled(cloud, campaignId)).phases[0]!.jobs.silent).toBe(1);
});

test("C1 a campaign that begins by itself and reaches nobody pauses and says so", async () => {
  await registerFleet(cloud, 1);
  const { releaseId } = await publishRelease(cloud, "9.0.0", firmware(9));
  const startAt = cloud.clock.at + HOUR_MS;
  const campaignId = await makeCampaign(cloud, releaseId, { startAt, target: { regions: ["nowhere"] } });
  await act(cloud, campaignId, "submit");
  await act(cloud, campaignId, "approve");
  cloud.clock.at = startAt;
  expect(await settled(cloud, campaignId)).toMatchObject({
    state: "paused",
    haltedFor: [{ kind: "nobody" }],
  });
});
