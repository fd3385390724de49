import { expect, test } from "vitest";
import type { Grant } from "../access/grants.ts";
import type { LocatedChange } from "./change.ts";
import { visibleChange, visibleProgress, type Topic } from "./topics.ts";

const change = (over: Partial<LocatedChange>): LocatedChange => ({
  seq: 7,
  at: 1,
  action: "job.failed",
  subject: { kind: "job", id: "j1" },
  vehicleId: "v1",
  campaignId: "c1",
  change: { before: "active" },
  actor: { kind: "vehicle", id: "v1" },
  region: "EU",
  model: "Ibex",
  ...over,
});
const FLEET: Topic = { kind: "fleet" };
const AUDIT: Topic = { kind: "audit" };
const viewer = (scope: Grant["scope"] = {}): Grant[] => [{ role: "viewer", scope }];

const inEurope = viewer({ regions: ["EU"] });
const IN_EU = [{ regions: ["EU"] }];
const OF_NO_VEHICLE = { vehicleId: undefined, region: null, model: null };
const ABOUT_CAMPAIGN = { ...OF_NO_VEHICLE, subject: { kind: "campaign", id: "c1" } };
const ABOUT_GROUP = { ...OF_NO_VEHICLE, campaignId: undefined, subject: { kind: "group", id: "g" } };

test.each<[string, Topic, Grant[], Partial<LocatedChange>, boolean]>([
  ["a viewer sees jobs of the fleet", FLEET, viewer(), {}, true],
  ["a viewer of a region sees its vehicles", FLEET, viewer({ regions: ["EU"] }), {}, true],
  ["a viewer of another region does not", FLEET, viewer({ regions: ["US"] }), {}, false],
  [
    "a vehicle without a region is for nobody's region",
    FLEET,
    viewer({ regions: ["EU"] }),
    { region: null },
    false,
  ],
  ["a stream of one vehicle has only its changes", { kind: "vehicle", vehicleId: "v2" }, viewer(), {}, false],
  ["a stream of one campaign has its jobs", { kind: "campaign", campaignId: "c1" }, viewer(), {}, true],
  [
    "a campaign within a viewer's region is told of",
    FLEET,
    inEurope,
    { ...ABOUT_CAMPAIGN, reach: IN_EU },
    true,
  ],
  ["one that reaches further is not", FLEET, inEurope, { ...ABOUT_CAMPAIGN, reach: [{}] }, false],
  ["a group is told of to who sees every vehicle", FLEET, viewer(), ABOUT_GROUP, true],
  ["a group is not told of to others", FLEET, inEurope, ABOUT_GROUP, false],
  ["a viewer reads no audit log", AUDIT, viewer(), {}, false],
  ["an admin reads the audit log", AUDIT, [{ role: "admin", scope: {} }], {}, true],
  [
    "who holds which key is not of the fleet",
    FLEET,
    [{ role: "admin", scope: {} }],
    { subject: { kind: "credential", id: "k" }, vehicleId: undefined, campaignId: undefined },
    false,
  ],
  ["nobody sees anything without a grant", FLEET, [], {}, false],
])("A7 %s", (_what, topic, grants, over, seen) => {
  expect(visibleChange(topic, grants, change(over)) !== undefined).toBe(seen);
});

test("A7 who follows a campaign and sees a part of it learns what happened to it, and no numbers", () => {
  const told = visibleChange(
    { kind: "campaign", campaignId: "c1" },
    inEurope,
    change({ ...ABOUT_CAMPAIGN, action: "campaign.paused", reach: [{}] }),
  );
  expect(told).toMatchObject({ action: "campaign.paused", change: null });
});

test("A7 who did it is told on the stream of the audit log alone", () => {
  const admin: Grant[] = [{ role: "admin", scope: {} }];
  expect(visibleChange(AUDIT, admin, change({}))).toHaveProperty("actor");
  expect(visibleChange(FLEET, admin, change({}))).not.toHaveProperty("actor");
});

test("A7 where a vehicle is stays out of what is told", () => {
  expect(visibleChange(FLEET, viewer(), change({}))).not.toHaveProperty("region");
});

test("A7 progress outside of a reader's scope is not told", () => {
  const progress = {
    jobId: "j1",
    vehicleId: "v1",
    campaignId: "c1",
    status: "active",
    stage: "flash",
    at: 1,
    region: "EU",
    model: "Ibex",
  };
  expect(visibleProgress(FLEET, viewer({ regions: ["US"] }), progress)).toBeUndefined();
  expect(visibleProgress(FLEET, viewer({ regions: ["EU"] }), progress)).toMatchObject({ stage: "flash" });
});
