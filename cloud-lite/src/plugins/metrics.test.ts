import type { Event } from "@halfshaft/ota-format";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Scope } from "../access/grants.ts";
import { Refusal } from "../refusals.ts";
import {
  firmware,
  keyOfUser,
  publishRelease,
  registerVehicle,
  startCampaign,
  testCloud,
  type TestCloud,
} from "../testing.ts";
import { successRatios } from "./collected-metrics.ts";
import { createMetrics, observeSteps } from "./metrics.ts";

let made: TestCloud;
beforeEach(async () => {
  made = await testCloud();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await made.close();
});

test("A10 a scrape tells requests by route, and what waits to be done", async () => {
  await made.call("GET", "/api/v1/vehicles");
  const text = (await made.call("GET", "/metrics", { token: null })).bytes.toString();
  expect(text).toMatch(
    /halfshaft_http_request_duration_seconds_count\{[^}]*route="\/api\/v1\/vehicles"[^}]*\} 1/,
  );
  expect(text).toContain('halfshaft_queue_depth{queue="deltas"} 0');
  expect(text).toContain("halfshaft_live_readers 0");
});

test("A10 a scrape tells of campaigns only with a key that sees all of them", async () => {
  const { releaseId } = await publishRelease(made, "2.0.0", firmware(2));
  await registerVehicle(made, "car");
  const campaignId = await startCampaign(made, releaseId, ["car"]);
  const scrape = async (token: string | null) =>
    (await made.call("GET", "/metrics", { token })).bytes.toString();
  const viewer = (scope: Scope) => keyOfUser(made, "viewer", [{ role: "viewer", scope }]);
  const told = `halfshaft_campaign_jobs{campaign="${campaignId}",status="queued"} 1`;
  expect(await scrape(null)).not.toContain(campaignId);
  expect(await scrape(await viewer({ regions: ["EU"] }))).not.toContain(campaignId);
  expect(await scrape(made.operatorKey)).toContain(told);
});

/** Rows stay, and nobody gets at them. */
function takeStoreAway(): void {
  const away = new Refusal("STORE_UNAVAILABLE");
  vi.spyOn(made.cloud.db, "selectFrom").mockImplementation(() => {
    throw away;
  });
}

test("A10 a scrape tells that the database answers", async () => {
  const text = (await made.call("GET", "/metrics", { token: null })).bytes.toString();
  expect(text).toContain("halfshaft_store_up 1");
});

test.each(["without a credential", "with one"])(
  "A10 a scrape %s while the database is away tells so, and what the process knows by itself",
  async (how) => {
    takeStoreAway();
    const answer = await made.call("GET", "/metrics", how === "with one" ? {} : { token: null });
    expect(answer.status).toBe(200);
    const text = answer.bytes.toString();
    expect(text).toContain("halfshaft_store_up 0");
    expect(text).toContain("halfshaft_live_readers 0");
    expect(text).not.toContain("halfshaft_queue_depth{");
  },
);

test("A10 a rollout's success is the share of its ended jobs that succeeded", () => {
  const jobs = [
    { campaignId: "c1", status: "succeeded", count: 3 },
    { campaignId: "c1", status: "failed", count: 1 },
    { campaignId: "c1", status: "queued", count: 96 },
    { campaignId: "c2", status: "queued", count: 5 },
  ];
  expect([...successRatios(jobs)]).toEqual([["c1", 0.75]]);
});

test("A10 the time of each step in vehicles is a histogram by step and result", async () => {
  const metrics = createMetrics();
  const event: Event = {
    type: "stage",
    stage: "flash",
    kind: "done",
    durationMs: 13_400,
    eventId: "01890a5d-ac96-774b-bcce-b302099a8001",
    streamEpoch: "01890a5d-ac96-774b-bcce-b302099a8002",
    bootId: "01890a5d-ac96-774b-bcce-b302099a8003",
    jobId: "01890a5d-ac96-774b-bcce-b302099a8057",
    seq: 1,
    attempt: 1,
    at: 5000,
    monotonicMs: 0,
    clockTrusted: true,
  };
  observeSteps(metrics, [event, { ...event, kind: "started" }]);
  const text = await metrics.registry.metrics();
  expect(text).toContain('halfshaft_vehicle_step_seconds_sum{step="flash",result="done"} 13.4');
  expect(text).toContain('halfshaft_vehicle_step_seconds_count{step="flash",result="done"} 1');
});
