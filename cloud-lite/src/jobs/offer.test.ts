import type { Offer } from "@halfshaft/ota-format";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  firmware,
  manifestOf,
  publishRelease,
  registerVehicle,
  startCampaign,
  testCloud,
  type TestCloud,
} from "../testing.ts";
import type { Job, JobSummary } from "./schema.ts";

const FLEET = ["car", "bus", "van"];
let fixture: TestCloud;
let tokens: Map<string, string>;

beforeEach(async () => {
  fixture = await testCloud();
  tokens = new Map();
  for (const vehicleId of FLEET) tokens.set(vehicleId, await registerVehicle(fixture, vehicleId));
});
afterEach(() => fixture.close());

async function start(): Promise<string> {
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  return startCampaign(fixture, releaseId, FLEET);
}

const askAll = (...vehicleIds: readonly string[]): Promise<(Offer | null)[]> =>
  Promise.all(
    vehicleIds.map(async (vehicleId) => {
      const answer = await fixture.call("GET", "/api/v1/device/offer", { token: tokens.get(vehicleId) });
      return answer.data() as Offer | null;
    }),
  );

const jobOf = async (offer: Offer | null): Promise<Job> =>
  (await fixture.call("GET", `/api/v1/jobs/${offer!.jobId}`)).data() as Job;

async function offersInAudit(): Promise<string[]> {
  const entries = await fixture.cloud.db
    .selectFrom("auditEntries")
    .select("subjectId")
    .where("action", "=", "job.offered")
    .execute();
  return entries.map(({ subjectId }) => subjectId).toSorted();
}

test("C12 vehicles that ask at once are each offered their own job, once", async () => {
  const campaignId = await start();
  const offers = await askAll(...FLEET, ...FLEET);
  const jobs = (await fixture.call("GET", `/api/v1/jobs?campaignId=${campaignId}`)).data() as JobSummary[];
  const jobOfVehicle = new Map(jobs.map(({ vehicleId, jobId }) => [vehicleId, jobId]));
  expect(offers.map((offer) => offer?.jobId)).toEqual([...FLEET, ...FLEET].map((id) => jobOfVehicle.get(id)));
  expect(offers.map((offer) => offer?.ecus[0]?.ecuId)).toEqual([...FLEET, ...FLEET].map((id) => `ENG-${id}`));
  expect(await offersInAudit()).toEqual([...jobOfVehicle.values()].toSorted());
});

test("D3 each of the vehicles that ask at once is remembered with the versions of its own ECUs", async () => {
  await start();
  for (const [index, vehicleId] of FLEET.entries()) {
    const body = manifestOf(vehicleId, `1.0.${index}`, String(index).repeat(64));
    await fixture.call("PUT", "/api/v1/device/version-manifest", { token: tokens.get(vehicleId), body });
  }
  const jobs = await Promise.all((await askAll(...FLEET)).map(jobOf));
  expect(jobs.map(({ ecus }) => ecus[0]?.versionBefore)).toEqual(["1.0.0", "1.0.1", "1.0.2"]);
});

test("C10 a held vehicle among those that ask at once is offered nothing", async () => {
  await start();
  await fixture.cloud.db
    .updateTable("vehicles")
    .set({ heldReason: "ecuReplaced", heldAt: 1 })
    .where("vehicleId", "=", "bus")
    .execute();
  const offers = await askAll(...FLEET);
  expect(offers.map((offer) => offer !== null)).toEqual([true, false, true]);
});

test("U4 an offer makes its software what the Director signs, and a repeated one nothing new", async () => {
  await start();
  const revisions = async (): Promise<number[]> =>
    (
      await fixture.cloud.db
        .selectFrom("vehicles")
        .select("desiredRevision")
        .where("vehicleId", "in", FLEET)
        .execute()
    ).map(({ desiredRevision }) => desiredRevision);
  const before = await revisions();
  await askAll(...FLEET);
  await askAll(...FLEET);
  expect(await revisions()).toEqual(before.map((revision) => revision + 1));
});
