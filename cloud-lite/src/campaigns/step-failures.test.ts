import { afterEach, beforeEach, expect, test } from "vitest";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import { Refusal } from "../refusals.ts";
import { testCloud, type TestCloud } from "../testing.ts";
import { act, auditOf, registerFleet, startNew } from "./fleet.testing.ts";
import { createReconciler } from "./reconciler.ts";
import { createStepFailures } from "./step-failures.ts";
import { getCampaignRow, type CampaignRow } from "./store.ts";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await testCloud();
});
afterEach(() => cloud.close());

const rowOf = (campaignId: string): Promise<CampaignRow> =>
  getCampaignRow(cloud.cloud.db, DEFAULT_ORGANISATION, campaignId);

/** Looks for further vehicles in ten minutes, by a target that cannot be read. */
async function unreadable(): Promise<string> {
  await registerFleet(cloud, 2);
  const campaignId = await startNew(cloud, { dynamic: true });
  await cloud.cloud.db
    .updateTable("campaigns")
    .set({ target: "{" })
    .where("campaignId", "=", campaignId)
    .execute();
  cloud.clock.at += 10 * 60_000;
  return campaignId;
}

test("C7 a campaign whose steps fail three times in a row is halted, never continued", async () => {
  const campaignId = await unreadable();
  for (const state of ["active", "active", "paused", "paused"]) {
    await cloud.cloud.campaigns.tick();
    expect((await rowOf(campaignId)).state).toBe(state);
  }
  expect(JSON.parse((await rowOf(campaignId)).haltedFor!)).toEqual([{ kind: "unreadable", phase: "All" }]);
  const halts = (await auditOf(cloud, campaignId)).filter(({ action }) => action === "campaign.halted");
  expect(halts).toHaveLength(1);
  expect(cloud.errors).toHaveLength(3);
});

test("C7 a step that fails is told with its campaign", async () => {
  const campaignId = await unreadable();
  const told: unknown[] = [];
  const reconciler = createReconciler(
    () => cloud.cloud,
    (error, about) => void told.push({ error, about }),
  );
  await reconciler.tick();
  expect(told).toEqual([{ error: expect.any(SyntaxError), about: { campaignId } }]);
  await reconciler.close();
});

const fault = new TypeError("a fault");
const away = new Refusal("STORE_UNAVAILABLE");

test.each<[string, "active" | "paused", (Error | "worked")[]]>([
  ["three faults in a row", "paused", [fault, fault, fault]],
  ["a store that is away, however long", "active", [away, away, away, away]],
  ["a store that is away between faults", "paused", [fault, away, fault, fault]],
  ["a step that worked between faults", "active", [fault, fault, "worked", fault, fault]],
])("C7 after %s a campaign is %s", async (_what, state, steps) => {
  await registerFleet(cloud, 1);
  const campaignId = await startNew(cloud);
  const key = { organisationId: DEFAULT_ORGANISATION, campaignId };
  const failures = createStepFailures(() => cloud.cloud);
  for (const one of steps) {
    if (one === "worked") failures.worked(campaignId);
    else await failures.failed(key, one);
  }
  expect((await rowOf(campaignId)).state).toBe(state);
});

test("C7 an aborted campaign stays aborted where its steps fail", async () => {
  await registerFleet(cloud, 1);
  const campaignId = await startNew(cloud);
  await act(cloud, campaignId, "abort");
  const failures = createStepFailures(() => cloud.cloud);
  for (let n = 0; n < 3; n += 1) {
    await failures.failed({ organisationId: DEFAULT_ORGANISATION, campaignId }, fault);
  }
  expect((await rowOf(campaignId)).state).toBe("aborted");
});

test("C8 in bulk a campaign that cannot be read gets an answer of its own, and the others go on", async () => {
  const broken = await unreadable();
  const whole = await startNew(cloud);
  const body = { campaignIds: [broken, whole], verb: "pause" };
  const rows = await cloud.call("POST", "/api/v1/campaigns/bulk", { body });
  expect(rows.data()).toMatchObject([
    { campaignId: broken, refusal: { code: "INTERNAL" } },
    { campaignId: whole, campaign: { state: "paused" } },
  ]);
});
