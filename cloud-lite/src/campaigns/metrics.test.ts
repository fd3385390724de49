import { afterEach, beforeEach, expect, test } from "vitest";
import { testCloud, type TestCloud } from "../testing.ts";
import { registerFleet, settled, startNew } from "./fleet.testing.ts";
import type { CampaignMetrics } from "./metrics.ts";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await testCloud();
});
afterEach(() => cloud.close());

const HOUR_MS = 3_600_000;
const metrics = async (campaignId: string): Promise<CampaignMetrics> =>
  (await cloud.call("GET", `/api/v1/campaigns/${campaignId}/metrics`)).data() as CampaignMetrics;

test("C11 rates are of those that came to an end, by phase and as a whole", async () => {
  const fleet = await registerFleet(cloud, 5);
  const campaignId = await startNew(cloud);
  expect((await metrics(campaignId)).overall.rates).toEqual({ judged: 0 });
  const [one, two, three, four] = fleet.vehicleIds as [string, string, string, string];
  for (const id of [one, two]) await fleet.succeed(id);
  await fleet.end(three, "rolledBack");
  await fleet.end(four, "failed", "DOWNLOAD_INTERRUPTED");
  const { overall, phases } = await metrics(campaignId);
  expect(overall.rates).toEqual({
    judged: 4,
    success: 0.5,
    failure: 0.5,
    rollback: 0.25,
    downloadFailure: 0.25,
    silence: 0,
  });
  expect(phases).toMatchObject([{ name: "All", rates: overall.rates, jobs: { queued: 1 } }]);
});

test("C11 the time of each step is told by its median and its 95th percentile", async () => {
  const fleet = await registerFleet(cloud, 20);
  const campaignId = await startNew(cloud);
  for (const [i, id] of fleet.vehicleIds.entries()) {
    await fleet.begin(id);
    await fleet.took(id, "flash", (i + 1) * 1000);
    await fleet.succeed(id);
  }
  const { overall, phases } = await metrics(campaignId);
  expect(overall.steps).toEqual([{ stage: "flash", jobs: 20, p50Ms: 10_000, p95Ms: 19_000 }]);
  expect(phases[0]!.steps).toEqual(overall.steps);
});

test("C11 progress over time is by the cloud's clock", async () => {
  const fleet = await registerFleet(cloud, 3);
  const campaignId = await startNew(cloud);
  const startedAt = cloud.clock.at;
  for (const id of fleet.vehicleIds) {
    await fleet.succeed(id);
    cloud.clock.at += HOUR_MS;
    await settled(cloud, campaignId);
  }
  const { progress } = await metrics(campaignId);
  expect(progress.points.map(({ at, succeeded }) => [at, succeeded])).toEqual([
    [startedAt, 1],
    [startedAt + HOUR_MS, 1],
    [startedAt + 2 * HOUR_MS, 1],
  ]);
});
