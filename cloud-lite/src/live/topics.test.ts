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
