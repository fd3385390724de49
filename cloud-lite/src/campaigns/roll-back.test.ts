import { afterEach, beforeEach, expect, test } from "vitest";
import { firmware, publishRelease, testCloud, type TestCloud } from "../testing.ts";
import { act, auditOf, makeCampaign, registerFleet, settled, type TestFleet } from "./fleet.testing.ts";
import type { Campaign } from "./schema.ts";

let cloud: TestCloud;
let fleet: TestFleet;
beforeEach(async () => {
  cloud = await testCloud();
  fleet = await registerFleet(cloud, 3);
});
afterEach(() => cloud.close());

/** Brings the fleet to a release. */
async function updateAll(version: string, counter = 1): Promise<{ campaignId: string; sha256: string }> {
  const { releaseId, sha256 } = await publishRelease(cloud, version, firmware(Number(version[0])), counter);
  const campaignId = await makeCampaign(cloud, releaseId);
  await act(cloud, campaignId, "start");
  for (const id of fleet.vehicleIds) await fleet.succeed(id);
  await settled(cloud, campaignId);
  return { campaignId, sha256 };
}

const newest = async (): Promise<Campaign> =>
  ((await cloud.call("GET", "/api/v1/campaigns?limit=1")).data() as Campaign[])[0]!;

test("C8 a rollback offers those that were updated what they ran before", async () => {
  await updateAll("1.0.0");
  const { campaignId } = await updateAll("2.0.0");
  expect((await act(cloud, campaignId, "rollBack")).data()).toMatchObject({ state: "reverted" });
  const back = await newest();
  expect(back).toMatchObject({
    name: "Back from Spring",
    revertsCampaignId: campaignId,
    state: "active",
    priority: "critical",
    jobs: { queued: 3 },
  });
  expect(await fleet.offer("car-0000")).toMatchObject({
    campaignId: back.campaignId,
    release: { name: "Release 1.0.0" },
    ecus: [{ version: "1.0.0" }],
  });
  for (const id of fleet.vehicleIds) await fleet.succeed(id);
  expect((await settled(cloud, back.campaignId)).state).toBe("completed");
});

test("C8 who rolls back is told which campaign brings the vehicles back", async () => {
  await updateAll("1.0.0");
  const { campaignId } = await updateAll("2.0.0");
  const reverted = (await act(cloud, campaignId, "rollBack")).data() as Campaign;
  expect(reverted.state).toBe("reverted");
  expect(await settled(cloud, reverted.revertedBy!)).toMatchObject({ revertsCampaignId: campaignId });
  expect((await settled(cloud, campaignId)).revertedBy).toBe(reverted.revertedBy);
});

test("C8 where nothing is left to try again, to ask for it once more changes nothing", async () => {
  const { campaignId } = await updateAll("1.0.0");
  await act(cloud, campaignId, "retryFailed");
  expect((await settled(cloud, campaignId)).state).toBe("completed");
  const actions = (await auditOf(cloud, campaignId)).map(({ action }) => action);
  expect(actions).not.toContain("campaign.retried");
});

test("C8 a rollback that a release counter forbids is refused with the ECU and the counters", async () => {
  await updateAll("1.0.0", 1);
  const { campaignId } = await updateAll("2.0.0", 2);
  expect((await act(cloud, campaignId, "rollBack")).problem()).toMatchObject({
    status: 409,
    code: "ROLLBACK_COUNTER",
    detail:
      "Engine control (ENG-car-0000) of vehicle car-0000 would refuse version 1.0.0: it has burned release counter 2, and that image has 1.",
  });
  expect((await settled(cloud, campaignId)).state).toBe("completed");
});

test("C8 a rollback of what updated nobody is refused", async () => {
  const { releaseId } = await publishRelease(cloud, "2.0.0", firmware(2));
  const campaignId = await makeCampaign(cloud, releaseId);
  await act(cloud, campaignId, "start");
  expect((await act(cloud, campaignId, "rollBack")).problem().code).toBe("ROLLBACK_NOBODY");
});

test("C8 a rollback ends the offers of the campaign, and what has begun goes on", async () => {
  await updateAll("1.0.0");
  const { releaseId } = await publishRelease(cloud, "2.0.0", firmware(2));
  const campaignId = await makeCampaign(cloud, releaseId);
  await act(cloud, campaignId, "start");
  await fleet.succeed("car-0000");
  const { jobId } = await fleet.begin("car-0001");
  await act(cloud, campaignId, "rollBack");
  expect(await settled(cloud, campaignId)).toMatchObject({
    state: "reverted",
    jobs: { succeeded: 1, active: 1, expired: 1 },
  });
  expect(await fleet.offer("car-0001")).toMatchObject({ jobId });
  expect(await fleet.offer("car-0002")).toBeNull();
});

test("C8 what is tried again in a paused campaign is queued, and offered once it goes on", async () => {
  const { releaseId } = await publishRelease(cloud, "2.0.0", firmware(2));
  const campaignId = await makeCampaign(cloud, releaseId);
  await act(cloud, campaignId, "start");
  for (const id of fleet.vehicleIds) await fleet.end(id, "failed");
  await settled(cloud, campaignId);
  await act(cloud, campaignId, "retryFailed");
  expect(await settled(cloud, campaignId)).toMatchObject({ state: "paused", jobs: { failed: 0, queued: 3 } });
  expect(await fleet.offer("car-0000")).toBeNull();
  await act(cloud, campaignId, "resume");
  expect(await fleet.offer("car-0000")).toMatchObject({ attempt: 2 });
});

test("C8 what failed is tried again as a further attempt, which alone counts", async () => {
  const { releaseId } = await publishRelease(cloud, "2.0.0", firmware(2));
  const campaignId = await makeCampaign(cloud, releaseId);
  await act(cloud, campaignId, "start");
  await fleet.end("car-0000", "failed");
  await fleet.succeed("car-0001");
  await fleet.end("car-0002", "rolledBack");
  expect((await settled(cloud, campaignId)).state).toBe("paused");
  await act(cloud, campaignId, "retryFailed");
  await act(cloud, campaignId, "resume");
  expect(await settled(cloud, campaignId)).toMatchObject({
    state: "active",
    jobs: { queued: 2, succeeded: 1, failed: 0, rolledBack: 0 },
  });
  expect(await fleet.offer("car-0000")).toMatchObject({ attempt: 2 });
  const jobs = await cloud.call("GET", "/api/v1/jobs?vehicleId=car-0000");
  expect(jobs.data()).toMatchObject([{ attempt: 2 }, { attempt: 1, status: "failed" }]);
});

/** A rollback while one vehicle is under way, which has brought back the one that had finished. @returns its campaign */
async function rolledBackUnderWay(): Promise<string> {
  await updateAll("1.0.0");
  const { releaseId } = await publishRelease(cloud, "2.0.0", firmware(2));
  const campaignId = await makeCampaign(cloud, releaseId);
  await act(cloud, campaignId, "start");
  await fleet.succeed("car-0000");
  await fleet.begin("car-0001");
  await act(cloud, campaignId, "rollBack");
  await fleet.succeed("car-0000");
  return (await newest()).campaignId;
}

test("C8 a vehicle that was under way at the rollback is brought back once it has finished", async () => {
  const back = await rolledBackUnderWay();
  expect((await settled(cloud, back)).state).toBe("active");
  cloud.clock.at += 3_600_000;
  await fleet.succeed("car-0001");
  await settled(cloud, back);
  expect(await fleet.offer("car-0001")).toMatchObject({ campaignId: back, ecus: [{ version: "1.0.0" }] });
  await fleet.succeed("car-0001");
  expect(await settled(cloud, back)).toMatchObject({ state: "completed", jobs: { succeeded: 2 } });
});

test("C8 a rollback waits for no vehicle that fell silent on its way", async () => {
  const back = await rolledBackUnderWay();
  cloud.clock.at += 25 * 3_600_000;
  expect((await settled(cloud, back)).state).toBe("completed");
});

test("C8 a rollback leaves alone what runs neither the campaign's software nor that of before", async () => {
  await updateAll("1.0.0");
  const { campaignId } = await updateAll("2.0.0");
  await cloud.cloud.db
    .updateTable("ecus")
    .set({ imageSha256: "f".repeat(64) })
    .where("vehicleId", "=", "car-0000")
    .execute();
  await act(cloud, campaignId, "rollBack");
  const back = await newest();
  expect(back).toMatchObject({ jobs: { queued: 2 }, skipped: { changedSince: 1 } });
  expect(await fleet.offer("car-0000")).toBeNull();
});

test("C8 a rollback to a release that was withdrawn is refused, and changes nothing", async () => {
  await updateAll("1.0.0");
  const { campaignId } = await updateAll("2.0.0");
  const releases = (await cloud.call("GET", "/api/v1/releases")).data() as {
    releaseId: string;
    name: string;
  }[];
  const { releaseId } = releases.find(({ name }) => name === "Release 1.0.0")!;
  await cloud.call("POST", `/api/v1/releases/${releaseId}/withdraw`, { body: { reason: "Too old by far" } });
  expect((await act(cloud, campaignId, "rollBack")).problem().code).toBe("RELEASE_NOT_PUBLISHED");
  expect((await settled(cloud, campaignId)).state).toBe("completed");
});

test("C8 a rollback that was aborted can be asked for again", async () => {
  await updateAll("1.0.0");
  const { campaignId } = await updateAll("2.0.0");
  const first = ((await act(cloud, campaignId, "rollBack")).data() as Campaign).revertedBy!;
  await act(cloud, first, "abort");
  const second = ((await act(cloud, campaignId, "rollBack")).data() as Campaign).revertedBy!;
  expect(second).not.toBe(first);
  expect(await fleet.offer("car-0000")).toMatchObject({ campaignId: second });
  expect(((await act(cloud, campaignId, "rollBack")).data() as Campaign).revertedBy).toBe(second);
});
