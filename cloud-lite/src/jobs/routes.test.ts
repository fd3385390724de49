import { afterAll, beforeAll, expect, test } from "vitest";
import type { Offer } from "@halfshaft/ota-format";
import {
  eventStream,
  firmware,
  keyOfUser,
  publishRelease,
  registerVehicle,
  startCampaign,
  testCloud,
  type Reply,
  type TestCloud,
} from "../testing.ts";
import type { JobSummary } from "./schema.ts";

const CARS = ["car-1", "car-2", "car-3", "van-4"];

let fixture: TestCloud;
let campaignId: string;
/** Of the same vehicles; its jobs wait. */
let second: string;
beforeAll(async () => {
  fixture = await testCloud();
  const devices = new Map<string, string>();
  for (const car of CARS) devices.set(car, await registerVehicle(fixture, car));
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  campaignId = await startCampaign(fixture, releaseId, CARS);
  for (const [car, code] of [
    ["car-1", "DOWNLOAD_INTERRUPTED"],
    ["car-2", "FLASH_REFUSED"],
  ] as const) {
    const token = devices.get(car);
    const offer = await fixture.call("GET", "/api/v1/device/offer", { token });
    const events = [
      eventStream((offer.data() as Offer).jobId).outcome("failed", { failure: { code, operands: {} } }),
    ];
    const sent = await fixture.call("POST", "/api/v1/device/events", { token, body: { events } });
    expect(sent.status).toBe(200);
  }
  await fixture.call("GET", "/api/v1/device/offer", { token: devices.get("car-3") });
  second = await startCampaign(fixture, releaseId, ["car-3", "van-4"]);
});
afterAll(() => fixture.close());

const list = (query: string): Promise<Reply> => fixture.call("GET", `/api/v1/jobs?${query}`);
const jobs = async (query: string): Promise<JobSummary[]> => (await list(query)).data() as JobSummary[];
const vehicles = async (query: string): Promise<string[]> =>
  (await jobs(query)).map(({ vehicleId }) => vehicleId);

test("A2 jobs are found by the failure that they ended with", async () => {
  expect(await vehicles("failureCode=FLASH_REFUSED")).toEqual(["car-2"]);
  expect((await vehicles("failureCode=FLASH_REFUSED,DOWNLOAD_INTERRUPTED")).toSorted()).toEqual([
    "car-1",
    "car-2",
  ]);
});

test("A2 jobs are found by several statuses, with commas or the parameter twice", async () => {
  const found = (await vehicles(`campaignId=${campaignId}&status=failed,offered`)).toSorted();
  expect(found).toEqual(["car-1", "car-2", "car-3"]);
  expect((await vehicles(`campaignId=${campaignId}&status=failed&status=offered`)).toSorted()).toEqual(found);
});

test("A2 jobs are found by their phase", async () => {
  const [{ phaseId }] = (await jobs(`campaignId=${second}&limit=1`)) as [JobSummary];
  const found = await jobs(`phaseId=${phaseId}`);
  expect(found.map((job) => job.campaignId)).toEqual([second, second]);
});

test("A2 jobs are found by the beginning of their vehicle's id", async () => {
  expect(new Set(await vehicles("q=van"))).toEqual(new Set(["van-4"]));
});

test("A2 jobs are listed oldest first where that is asked for", async () => {
  const newest = (await jobs("")).map(({ jobId }) => jobId);
  expect(newest).toHaveLength(6);
  expect((await jobs("sort=createdAt")).map(({ jobId }) => jobId)).toEqual(newest.toReversed());
});

test.each(["sort=createdAt", "sort=-createdAt", "status=failed,queued,offered"])(
  "A2 the pages of jobs with %s join without a gap or a repeat",
  async (query) => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await list(`${query}&limit=1${cursor === undefined ? "" : `&cursor=${cursor}`}`);
      seen.push(...(page.data() as JobSummary[]).map(({ jobId }) => jobId));
      cursor = page.nextCursor();
    } while (cursor !== undefined);
    expect(seen).toEqual((await jobs(query)).map(({ jobId }) => jobId));
  },
);

test("A2 a cursor of jobs is refused with other filters or another order", async () => {
  const cursor = (await list("status=failed&limit=1")).nextCursor();
  for (const query of ["", "status=failed,queued", "status=failed&sort=createdAt", "status=failed&q=car"]) {
    const answer = await list(`${query}&limit=1&cursor=${cursor}`);
    expect([answer.status, answer.problem().code]).toEqual([400, "CURSOR_INVALID"]);
  }
});

test("A2 a cursor of jobs fits the same filters in another order, and another limit", async () => {
  const cursor = (await list("status=failed,queued&q=car&limit=1")).nextCursor();
  expect((await list(`q=car&status=queued&status=failed&limit=2&cursor=${cursor}`)).status).toBe(200);
});

test("A2 a status that does not exist is refused with those that do", async () => {
  const problem = (await list("status=failed,bogus")).problem();
  expect(problem).toMatchObject({ status: 400, code: "REQUEST_INVALID" });
  expect(problem.detail).toContain('query.status[1] is "bogus"; it must be one of queued, offered, active');
});

test("A2 filters show no job of a vehicle outside of one's scope", async () => {
  const token = await keyOfUser(fixture, "ada", [{ role: "viewer", scope: { regions: ["EU"] } }]);
  const answer = await fixture.call("GET", "/api/v1/jobs?failureCode=FLASH_REFUSED&q=car", { token });
  expect(answer.data()).toEqual([]);
});
