import { afterEach, beforeEach, expect, test } from "vitest";
import { act, registerFleet, settled, startNew, type TestFleet } from "../campaigns/fleet.testing.ts";
import { testCloud, type TestCloud } from "../testing.ts";
import type { JobSummary } from "./schema.ts";

let cloud: TestCloud;
let fleet: TestFleet;
beforeEach(async () => {
  cloud = await testCloud();
  fleet = await registerFleet(cloud, 1);
});
afterEach(() => cloud.close());

const CAR = "car-0000";
const jobOf = async (campaignId: string): Promise<JobSummary> =>
  ((await cloud.call("GET", `/api/v1/jobs?campaignId=${campaignId}`)).data() as JobSummary[])[0]!;

test("C4 what a critical campaign brought is not replaced by a job that waited behind it", async () => {
  const low = await startNew(cloud, { priority: "low" });
  await startNew(cloud, { priority: "critical" });
  cloud.clock.at += 1000;
  await fleet.succeed(CAR);
  expect(await fleet.offer(CAR)).toBeNull();
  expect(await jobOf(low)).toMatchObject({ status: "expired", withdrawnFor: "superseded" });
});

test("C4 a younger campaign of the same priority comes after an older one", async () => {
  await startNew(cloud);
  const younger = await startNew(cloud);
  cloud.clock.at += 1000;
  await fleet.succeed(CAR);
  expect(await fleet.offer(CAR)).toMatchObject({ campaignId: younger });
});

test("D3 a vehicle that runs the software by now is not offered it, but the next job in line", async () => {
  const first = await startNew(cloud);
  const next = await startNew(cloud);
  const { db } = cloud.cloud;
  const { sha256 } = await db
    .selectFrom("jobEcus as e")
    .innerJoin("jobs as j", "j.jobId", "e.jobId")
    .select("e.sha256")
    .where("j.campaignId", "=", first)
    .executeTakeFirstOrThrow();
  await db.updateTable("ecus").set({ imageSha256: sha256 }).execute();
  expect(await fleet.offer(CAR)).toMatchObject({ campaignId: next });
  expect(await jobOf(first)).toMatchObject({ status: "expired", withdrawnFor: "upToDate" });
});

test("D3 an ECU of another hardware id is not offered the image of the old one", async () => {
  const campaignId = await startNew(cloud);
  await cloud.cloud.db.updateTable("ecus").set({ hardwareId: "HW-OTHER" }).execute();
  expect(await fleet.offer(CAR)).toBeNull();
  expect(await jobOf(campaignId)).toMatchObject({ status: "expired", withdrawnFor: "noMatchingEcu" });
});

test("D3 an ECU that has burned a higher release counter meanwhile is not offered what it would refuse", async () => {
  const campaignId = await startNew(cloud);
  await cloud.cloud.db.updateTable("ecus").set({ releaseCounter: 5 }).execute();
  expect(await fleet.offer(CAR)).toBeNull();
  expect(await jobOf(campaignId)).toMatchObject({ withdrawnFor: "releaseCounterTooLow" });
});

test("C3 a vehicle that has left the target of a dynamic campaign is not offered its job any more", async () => {
  const north = await registerFleet(cloud, 1, { prefix: "north", region: "N" });
  const campaignId = await startNew(cloud, { dynamic: true, target: { regions: ["N"] } });
  const [id] = north.vehicleIds;
  await cloud.call("PATCH", `/api/v1/vehicles/${id}`, { body: { region: "S" } });
  expect(await north.offer(id!)).toBeNull();
  expect(await jobOf(campaignId)).toMatchObject({ status: "expired", withdrawnFor: "targetLeft" });
});

test("C3 a campaign that is not dynamic keeps the vehicles that it began with", async () => {
  const north = await registerFleet(cloud, 1, { prefix: "north", region: "N" });
  const campaignId = await startNew(cloud, { target: { regions: ["N"] } });
  const [id] = north.vehicleIds;
  await cloud.call("PATCH", `/api/v1/vehicles/${id}`, { body: { region: "S" } });
  expect(await north.offer(id!)).toMatchObject({ campaignId });
});

test("C10 a vehicle that has just said that it is not parked is offered nothing for ten minutes", async () => {
  await startNew(cloud);
  const next = await startNew(cloud);
  await fleet.begin(CAR);
  await fleet.waitFor(CAR, ["parked"]);
  await fleet.end(CAR, "expired", "CONSENT_EXPIRED");
  expect(await fleet.offer(CAR)).toBeNull();
  expect(await jobOf(next)).toMatchObject({ status: "queued", waiting: "notReady" });
  cloud.clock.at += 10 * 60_000;
  expect(await fleet.offer(CAR)).toMatchObject({ campaignId: next });
});

test("C8 what is tried again comes after whatever was installed meanwhile", async () => {
  const low = await startNew(cloud, { priority: "low" });
  await fleet.end(CAR, "expired", "CONSENT_EXPIRED");
  await startNew(cloud, { priority: "critical" });
  await fleet.succeed(CAR);
  cloud.clock.at += 1000;
  await settled(cloud, low);
  await act(cloud, low, "retryFailed");
  expect(await fleet.offer(CAR)).toMatchObject({ campaignId: low, attempt: 2 });
});
