import { expect, test } from "vitest";
import { jobToOffer, waitingFor, type OpenJob } from "./offer-rules.ts";
import type { WaitingReason } from "./schema.ts";

const job = (jobId: string, more: Partial<OpenJob> = {}): OpenJob => ({
  jobId,
  status: "queued",
  outcome: null,
  expiresAt: null,
  stage: null,
  turn: null,
  campaignId: jobId,
  campaignState: "active",
  priority: 1,
  ...more,
});
const NOW = 1000;

const cases: [string, OpenJob[], string | undefined][] = [
  ["no job", [], undefined],
  ["two queued jobs: the oldest", [job("1"), job("2")], "1"],
  ["an older job of the same priority", [job("1", { campaignId: "b" }), job("2", { campaignId: "a" })], "2"],
  ["a younger job of a higher priority", [job("1"), job("2", { priority: 2 })], "2"],
  [
    "an offer that stands and a job of a higher priority",
    [job("1", { status: "offered", expiresAt: 1001 }), job("2", { priority: 2 })],
    "2",
  ],
  ["a job whose turn has not come", [job("1", { turn: 7 })], undefined],
  ["a paused campaign", [job("1", { campaignState: "paused" })], undefined],
  ["a paused campaign and an active one", [job("1", { campaignState: "paused" }), job("2")], "2"],
  ["an offer that stands", [job("1", { status: "offered", expiresAt: 1001 })], "1"],
  ["an offer that is over", [job("1", { status: "offered", expiresAt: 1000 })], undefined],
  ["a job that has begun before an older queued one", [job("1"), job("2", { status: "active" })], "2"],
  [
    "a job that has begun in a paused campaign",
    [job("1", { status: "active", campaignState: "paused" })],
    "1",
  ],
  [
    "a job that waits for its driver in a paused campaign",
    [job("1", { status: "active", stage: "consent", campaignState: "paused" }), job("2")],
    undefined,
  ],
  [
    "a job that waits for its driver and a queued one of the same priority",
    [job("1"), job("2", { status: "active", stage: "consent" })],
    "2",
  ],
  [
    "a job that waits for its driver and a queued one of a higher priority",
    [job("1", { status: "active", stage: "consent" }), job("2", { priority: 2 })],
    "2",
  ],
  [
    "a job that waits for its driver and one of a higher priority that may not come yet",
    [job("1", { status: "active", stage: "consent" }), job("2", { priority: 2, turn: 7 })],
    "1",
  ],
  [
    "a job past its driver and a queued one of a higher priority",
    [job("1", { status: "active", stage: "download" }), job("2", { priority: 2 })],
    "1",
  ],
  [
    "a job that waits for its driver in an aborted campaign",
    [job("1", { status: "active", stage: "consent", campaignState: "aborted" }), job("2")],
    undefined,
  ],
  [
    "a job of an aborted campaign that is past its driver",
    [job("1", { status: "active", stage: "download", campaignState: "aborted" })],
    "1",
  ],
  ["a job that has begun and whose offer is past", [job("1", { status: "active", expiresAt: 1 })], "1"],
  [
    "a job that was reported and not yet confirmed",
    [job("1", { status: "active", outcome: "succeeded" }), job("2")],
    undefined,
  ],
];

test.each(cases)("C8 a vehicle with %s", (_name, jobs, expected) => {
  expect(jobToOffer(jobs, NOW)?.jobId).toBe(expected);
});

const free = { held: false, retired: false, notReady: false };
const waits: [string, OpenJob, OpenJob[], typeof free, WaitingReason | undefined][] = [
  ["for its vehicle to ask", job("1"), [], free, undefined],
  ["behind a job of a higher priority", job("1"), [job("2", { priority: 2 })], free, "otherJob"],
  ["behind a job that has begun", job("1"), [job("2", { status: "active" })], free, "otherJob"],
  ["in a paused campaign", job("1", { campaignState: "paused" }), [], free, "campaignPaused"],
  ["for its turn", job("1", { turn: 3 }), [], free, "turn"],
  ["with its vehicle held", job("1"), [], { ...free, held: true }, "vehicleHeld"],
  ["with its vehicle retired", job("1"), [], { ...free, held: true, retired: true }, "vehicleRetired"],
  ["until its vehicle may be ready again", job("1"), [], { ...free, notReady: true }, "notReady"],
  ["no longer, once it is offered", job("1", { status: "offered" }), [], free, undefined],
];

test.each(waits)("C4 a job waits %s", (_name, one, others, vehicle, reason) => {
  expect(waitingFor(one, [one, ...others], vehicle, NOW)).toBe(reason);
});
