import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Offer } from "@halfshaft/ota-format";
import { verifyAudit } from "../audit/verify.ts";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import {
  eventStream,
  firmware,
  publishRelease,
  registerVehicle,
  startCampaign,
  testCloud,
  type TestCloud,
} from "../testing.ts";
import { archiveJobs, readLines, type Archived } from "./archive.ts";
import { deleteJobs, type WholeJob } from "./store.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
let folder: string;
let fixture: TestCloud;
let device: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfshaft-archive-"));
  fixture = await testCloud();
  device = await registerVehicle(fixture, "car");
});
afterEach(async () => {
  await fixture.close();
  await rm(folder, { recursive: true });
});

/** A campaign whose one job was declined. */
async function declined(version: string): Promise<{ campaignId: string; jobId: string }> {
  const { releaseId } = await publishRelease(fixture, version, firmware(Number(version[0])));
  const campaignId = await startCampaign(fixture, releaseId, ["car"]);
  const { jobId } = (await fixture.call("GET", "/api/v1/device/offer", { token: device })).data() as Offer;
  await report(jobId);
  await fixture.cloud.campaigns.idle();
  return { campaignId, jobId };
}

async function report(jobId: string): Promise<void> {
  const events = eventStream(jobId);
  const body = { events: [events.stage("plan", "started"), events.outcome("declined")] };
  await fixture.call("POST", "/api/v1/device/events", { token: device, body });
}

const archive = (place = folder): Promise<Archived> =>
  archiveJobs({
    db: fixture.cloud.db,
    organisationId: DEFAULT_ORGANISATION,
    folder: place,
    at: fixture.clock.at,
    before: fixture.clock.at - 90 * DAY_MS,
  });

const statusOf = async (path: string): Promise<number> =>
  (await fixture.call("GET", `/api/v1${path}`)).status;

async function linesOf(file: string): Promise<WholeJob[]> {
  const jobs: WholeJob[] = [];
  for await (const line of readLines(file)) jobs.push(JSON.parse(line) as WholeJob);
  return jobs;
}

test("A13 an old job goes to a file with its ECUs and events, and the audit log says where", async () => {
  const old = await declined("1.0.0");
  const last = await declined("2.0.0");
  fixture.clock.at += 91 * DAY_MS;
  const { file, ...counts } = await archive();
  expect(counts).toEqual({ jobs: 1, events: 2 });
  const [whole, ...more] = await linesOf(file!);
  expect(more).toEqual([]);
  expect(whole).toMatchObject({
    job: { jobId: old.jobId, status: "declined" },
    ecus: [{ ecuId: "ENG-car", version: "1.0.0" }],
    events: [{ type: "stage" }, { type: "outcome" }],
  });
  expect(await statusOf(`/jobs/${old.jobId}`)).toBe(404);
  expect(await statusOf(`/jobs/${last.jobId}`)).toBe(200);
  const { db, signers } = fixture.cloud;
  const verdict = await verifyAudit(db, DEFAULT_ORGANISATION, signers.audit.publicKey);
  expect(verdict.broken).toBeUndefined();
  const [entry] = (await fixture.call("GET", "/api/v1/audit?action=jobs.archived")).data() as object[];
  expect(entry).toMatchObject({ payload: { file, jobs: 1 } });
});

test("A13 a campaign whose jobs are archived still says how it ended", async () => {
  const { campaignId } = await declined("1.0.0");
  await declined("2.0.0");
  const path = `/api/v1/campaigns/${campaignId}`;
  const jobs = async (): Promise<object> =>
    ((await fixture.call("GET", path)).data() as { jobs: object }).jobs;
  const before = await jobs();
  fixture.clock.at += 91 * DAY_MS;
  await archive();
  expect(await jobs()).toEqual(before);
});

test("A13 what a vehicle is to have stays, however old its job", async () => {
  const { jobId } = await declined("1.0.0");
  fixture.clock.at += 91 * DAY_MS;
  expect(await archive()).toEqual({ jobs: 0, events: 0 });
  expect(await statusOf(`/jobs/${jobId}`)).toBe(200);
  expect(await readdir(folder)).toEqual([]);
});

test("A13 younger jobs stay", async () => {
  await declined("1.0.0");
  await declined("2.0.0");
  fixture.clock.at += 89 * DAY_MS;
  expect(await archive()).toEqual({ jobs: 0, events: 0 });
});

test("A13 a job that had an event after it was written to the file stays until the next time", async () => {
  const { jobId } = await declined("1.0.0");
  const { db } = fixture.cloud;
  const deleted = await db
    .transaction()
    .execute((tx) => deleteJobs(tx, DEFAULT_ORGANISATION, [{ jobId, events: 1 }]));
  expect(deleted).toBe(0);
  expect(await statusOf(`/jobs/${jobId}`)).toBe(200);
});

test("A13 an archive to a file is refused, and jobs stay", async () => {
  const { jobId } = await declined("1.0.0");
  await declined("2.0.0");
  fixture.clock.at += 91 * DAY_MS;
  const file = join(folder, "file");
  await writeFile(file, "");
  await expect(archive(file)).rejects.toMatchObject({ code: "FILE_UNWRITABLE", operands: { path: file } });
  expect(await statusOf(`/jobs/${jobId}`)).toBe(200);
});

test("A13 an archive that cannot be finished leaves the jobs, and no half of a file", async () => {
  const { jobId } = await declined("1.0.0");
  await declined("2.0.0");
  fixture.clock.at += 91 * DAY_MS;
  const name = `jobs-${new Date(fixture.clock.at).toISOString().replaceAll(/[-:.]/g, "")}.jsonl.gz`;
  await mkdir(join(folder, name));
  await expect(archive()).rejects.toMatchObject({ code: "FILE_UNWRITABLE" });
  expect(await readdir(folder)).toEqual([name]);
  expect(await statusOf(`/jobs/${jobId}`)).toBe(200);
});
