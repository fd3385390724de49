import { expect, test } from "vitest";
import {
  healthReasons,
  healthState,
  reasonSentence,
  statusOf,
  type HealthFacts,
  type HealthReason,
  type HealthState,
} from "./health-rules.ts";
import type { VehicleStatus } from "../search/selection.ts";

const WELL: HealthFacts = {
  presence: "online",
  lastSeenAt: 1,
  heldReason: null,
  isRetired: false,
  openJobs: [],
  failureCode: null,
  clockTrusted: true,
  eventsLost: 0,
};

const cases: [Partial<HealthFacts>, HealthState, HealthReason[]][] = [
  [{}, "good", []],
  [{ openJobs: ["active"] }, "good", []],
  [{ presence: "unknown", clockTrusted: null }, "good", []],
  [{ presence: "offline" }, "attention", ["offline"]],
  [{ clockTrusted: false, eventsLost: 2 }, "attention", ["clockUntrusted", "eventsLost"]],
  [{ heldReason: "ecuReplaced", failureCode: "X" }, "attention", ["held", "lastJobFailed"]],
  [{ lastSeenAt: null, clockTrusted: null, presence: "unknown" }, "unknown", ["neverSeen"]],
  [{ isRetired: true, presence: "unknown" }, "unknown", ["retired"]],
];

test.each(cases)("D5 the health of a vehicle with %j is %s", (facts, state, reasons) => {
  const found = healthReasons({ ...WELL, ...facts });
  expect([healthState(found), found]).toEqual([state, reasons]);
});

test.each<[Partial<HealthFacts>, VehicleStatus]>([
  [{ heldReason: "ecuReplaced", openJobs: ["active"] }, "held"],
  [{ openJobs: ["queued", "active"], failureCode: "X" }, "updating"],
  [{ openJobs: ["offered"], failureCode: "X" }, "waiting"],
  [{ failureCode: "X", lastSeenAt: null }, "failed"],
  [{ lastSeenAt: null }, "new"],
  [{}, "idle"],
])("D3 the status of a vehicle with %j is %s", (facts, status) => {
  expect(statusOf({ ...WELL, ...facts })).toBe(status);
});

test("A9 a reason is a sentence with its operands", () => {
  expect(reasonSentence("eventsLost", { ...WELL, eventsLost: 3 })).toBe("3 of its events have not come.");
});
