import { afterEach, beforeEach, expect, test } from "vitest";
import { testCloud, type TestCloud } from "../testing.ts";
import {
  act,
  auditOf,
  makeCampaign,
  registerFleet,
  settled,
  startNew,
  type TestFleet,
  beginByHand,
} from "./fleet.testing.ts";
import { createReconciler } from "./reconciler.ts";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await testCloud();
});
afterEach(() => cloud.close());

const HOUR_MS = 3_600_000;

test("C7 two phases tripping together still pause", async () => {
  const fleet = await registerFleet(cloud, 40);
  const phases = [{ name: "Canary", size: { count: 20 } }, { name: "Rest" }];
  const campaignId = await startNew(cloud, { phases });
  await beginByHand(cloud, campaignId, "Rest");
  for (const id of fleet.vehicleIds) await fleet.begin(id);
  const other = createReconciler(
    () => cloud.cloud,
    (error) => void cloud.errors.push(error),
  );
  for (const id of fleet.vehicleIds) await fleet.end(id, "failed");
  await Promise.all([other.tick(), cloud.cloud.campaigns.tick()]);
  const campaign = await settled(cloud, campaignId);
  expect(campaign.state).toBe("paused");
  expect(campaign.haltedFor![0]).toMatchObject({ kind: "failureRate", rate: 1 });
  const halts = (await auditOf(cloud, campaignId)).filter(({ action }) => action === "campaign.halted");
  expect(halts).toHaveLength(1);
  expect(cloud.errors).toEqual([]);
  await other.close();
});

test("C7 a silent fleet trips the kill switch", async () => {
  const fleet = await registerFleet(cloud, 20);
  const campaignId = await startNew(cloud);
  for (const id of fleet.vehicleIds) await fleet.begin(id);
  cloud.clock.at += 24 * HOUR_MS - 1;
  expect((await settled(cloud, campaignId)).state).toBe("active");
  cloud.clock.at += 1;
  const campaign = await settled(cloud, campaignId);
  expect(campaign.state).toBe("paused");
  expect(campaign.phases[0]!.jobs.silent).toBe(20);
  expect(campaign.haltedFor).toMatchObject([{ kind: "failureRate", rate: 1, judged: 20 }]);
});

test("C7 silence runs only from the first step: offers that wait are no failures", async () => {
  const fleet = await registerFleet(cloud, 20);
  const campaignId = await startNew(cloud);
  for (const id of fleet.vehicleIds) await fleet.offer(id);
  cloud.clock.at += 48 * HOUR_MS;
  const campaign = await settled(cloud, campaignId);
  expect(campaign).toMatchObject({ state: "active", jobs: { offered: 20 } });
});

test("C7 one unit that does not come back pauses at once, and the others are offered nothing", async () => {
  const fleet = await registerFleet(cloud, 50);
  const campaignId = await startNew(cloud);
  await fleet.end("car-0000", "failed", "CONFIRM_NO_ANSWER");
  const campaign = await settled(cloud, campaignId);
  expect(campaign).toMatchObject({ state: "paused", haltedFor: [{ kind: "unrecoverable", vehicles: 1 }] });
  expect(await fleet.offer("car-0001")).toBeNull();
});

test("C7 who resumes after a halt is not halted again for the same vehicles, but for further ones", async () => {
  const fleet = await registerFleet(cloud, 100);
  const campaignId = await startNew(cloud);
  const [first, second] = [fleet.vehicleIds.slice(0, 20), fleet.vehicleIds.slice(20, 40)];
  for (const id of first) await fleet.end(id, "failed");
  expect((await settled(cloud, campaignId)).state).toBe("paused");
  await act(cloud, campaignId, "resume");
  expect((await settled(cloud, campaignId)).state).toBe("active");
  for (const id of second) await fleet.end(id, "failed");
  expect((await settled(cloud, campaignId)).state).toBe("paused");
});

test("C7 after others are tried again, one more unit that does not come back halts", async () => {
  const fleet = await registerFleet(cloud, 5);
  const campaignId = await startNew(cloud);
  await fleet.end("car-0000", "failed", "CONFIRM_NO_ANSWER");
  expect((await settled(cloud, campaignId)).state).toBe("paused");
  await act(cloud, campaignId, "resume");
  await act(cloud, campaignId, "retryFailed");
  expect(await settled(cloud, campaignId)).toMatchObject({ state: "active", jobs: { queued: 5 } });
  await fleet.end("car-0001", "failed", "CONFIRM_NO_ANSWER");
  expect(await settled(cloud, campaignId)).toMatchObject({
    state: "paused",
    haltedFor: [{ kind: "unrecoverable", vehicles: 1 }],
  });
});

test("C7 a further attempt that ends as the one before halts again", async () => {
  const fleet = await registerFleet(cloud, 2);
  const campaignId = await startNew(cloud);
  await fleet.end("car-0000", "failed", "CONFIRM_NO_ANSWER");
  await settled(cloud, campaignId);
  await act(cloud, campaignId, "retryFailed");
  await act(cloud, campaignId, "resume");
  await fleet.end("car-0000", "failed", "CONFIRM_NO_ANSWER");
  expect((await settled(cloud, campaignId)).state).toBe("paused");
});

test("C7 a vehicle that falls silent counts although one that was silent has reported since", async () => {
  const fleet = await registerFleet(cloud, 2);
  const campaignId = await startNew(cloud, { halt: { minimumSample: 1 } });
  await fleet.begin("car-0000");
  cloud.clock.at += 23 * HOUR_MS;
  await fleet.begin("car-0001");
  cloud.clock.at += HOUR_MS;
  expect((await settled(cloud, campaignId)).state).toBe("paused");
  await act(cloud, campaignId, "resume");
  expect((await settled(cloud, campaignId)).state).toBe("active");
  cloud.clock.at += 22 * HOUR_MS;
  await fleet.took("car-0000", "flash", 1);
  cloud.clock.at += HOUR_MS;
  expect(await settled(cloud, campaignId)).toMatchObject({
    state: "paused",
    phases: [{ jobs: { silent: 1 } }],
  });
});

/** One of two vehicles is silent, and an operator has seen it. */
async function silentAndSeen(fleet: TestFleet): Promise<string> {
  const campaignId = await startNew(cloud, { halt: { minimumSample: 1 } });
  await fleet.begin("car-0000");
  cloud.clock.at += 24 * HOUR_MS;
  await settled(cloud, campaignId);
  await act(cloud, campaignId, "resume");
  expect((await settled(cloud, campaignId)).state).toBe("active");
  return campaignId;
}

test("C7 a silent vehicle that was seen counts once more when it has reported and is silent again", async () => {
  const fleet = await registerFleet(cloud, 2);
  const campaignId = await silentAndSeen(fleet);
  await fleet.took("car-0000", "flash", 1);
  cloud.clock.at += 24 * HOUR_MS;
  expect((await settled(cloud, campaignId)).state).toBe("paused");
});

test("C7 a silent vehicle that was seen counts once more when it rolls back, whatever it says", async () => {
  const fleet = await registerFleet(cloud, 2);
  const campaignId = await silentAndSeen(fleet);
  await fleet.end("car-0000", "rolledBack", null);
  expect((await settled(cloud, campaignId)).state).toBe("paused");
});

test("C9 a driver who takes days to decide is not silent", async () => {
  const fleet = await registerFleet(cloud, 1);
  const campaignId = await startNew(cloud, { consent: { mode: "banner" } });
  const { jobId } = (await fleet.offer("car-0000"))!;
  const { db } = cloud.cloud;
  await fleet.begin("car-0000");
  await db.updateTable("jobs").set({ stage: "consent" }).where("jobId", "=", jobId).execute();
  cloud.clock.at += 72 * HOUR_MS;
  expect((await settled(cloud, campaignId)).phases[0]!.jobs).toMatchObject({ active: 1, silent: 0 });
});

test("U2 a campaign whose release is withdrawn pauses, and does not go on with it", async () => {
  const fleet = await registerFleet(cloud, 1);
  const campaignId = await startNew(cloud);
  const { releaseId } = await settled(cloud, campaignId);
  const startAt = cloud.clock.at + HOUR_MS;
  const later = await makeCampaign(cloud, releaseId, { startAt });
  await act(cloud, later, "submit");
  await act(cloud, later, "approve");
  const body = { reason: "Overheats on long hills" };
  await cloud.call("POST", `/api/v1/releases/${releaseId}/withdraw`, { body });
  expect(await fleet.offer("car-0000")).toBeNull();
  expect((await act(cloud, campaignId, "resume")).problem().code).toBe("RELEASE_NOT_PUBLISHED");
  cloud.clock.at = startAt;
  expect(await settled(cloud, later)).toMatchObject({
    state: "paused",
    haltedFor: [{ kind: "releaseWithdrawn" }],
  });
});
