import fc from "fast-check";
import { expect, test } from "vitest";
import type { Event, OutcomeEvent, StageEvent } from "@halfshaft/ota-format";
import { deriveJob, orderEvents, stageFacts, type JobFacts, type JobState } from "./derive.ts";

const JOB = "0193f3a0-7c00-7abc-8def-0000000000aa";
const EPOCH = "0193f3a0-7c00-7abc-8def-000000000001";
const LATER_EPOCH = "0193f3a0-7d00-7abc-8def-000000000001";
const offered: JobFacts = { jobId: JOB, attempt: 1, offeredAt: 5 };

const common = (seq: number, epoch = EPOCH) => ({
  eventId: `0193f3a0-7c00-7abc-8def-${epoch === EPOCH ? "1" : "2"}${String(seq).padStart(11, "0")}`,
  streamEpoch: epoch,
  seq,
  at: 1000 + seq,
  monotonicMs: seq,
  bootId: EPOCH,
  clockTrusted: true,
  jobId: JOB,
  attempt: 1,
});
const stage = (
  seq: number,
  name: StageEvent["stage"],
  kind: StageEvent["kind"],
  more: Partial<StageEvent> = {},
): StageEvent => ({ ...common(seq), type: "stage", stage: name, kind, ...more });
const outcome = (
  seq: number,
  how: OutcomeEvent["outcome"],
  more: Partial<OutcomeEvent> = {},
): OutcomeEvent => ({
  ...common(seq),
  type: "outcome",
  outcome: how,
  ...more,
});

const STORY: Event[] = [
  stage(1, "plan", "started"),
  stage(2, "plan", "done"),
  stage(3, "flash", "started", { ecuId: "A" }),
  stage(4, "flash", "done", { ecuId: "A", durationMs: 900, bytes: 4096 }),
];

const cases: [string, JobFacts, Event[], Partial<JobState>][] = [
  ["nothing was said yet", { jobId: JOB, attempt: 1 }, [], { status: "queued" }],
  ["an offer", offered, [], { status: "offered" }],
  ["an offer that ended", { ...offered, withdrawnAt: 9 }, [], { status: "expired", endedAt: 9 }],
  ["stages", offered, STORY, { status: "active", stage: "flash", startedAt: 1001 }],
  ["stages before the offer was taken back", { ...offered, withdrawnAt: 9 }, STORY, { status: "active" }],
  [
    "success without a manifest",
    offered,
    [...STORY, outcome(5, "succeeded")],
    { status: "active", outcome: "succeeded" },
  ],
  [
    "success and a manifest that agrees",
    { ...offered, manifest: "agrees" },
    [...STORY, outcome(5, "succeeded")],
    { status: "succeeded", endedAt: 1005 },
  ],
  [
    "success and a manifest that disagrees",
    { ...offered, manifest: "disagrees" },
    [...STORY, outcome(5, "succeeded")],
    { status: "failed", outcome: "succeeded" },
  ],
  [
    "a manifest that agrees before the outcome",
    { ...offered, manifest: "agrees" },
    STORY,
    { status: "active" },
  ],
  ["a rollback", offered, [...STORY, outcome(5, "rolledBack")], { status: "rolledBack", endedAt: 1005 }],
  ["a refusal", offered, [stage(1, "consent", "started"), outcome(2, "declined")], { status: "declined" }],
  [
    "a stage that comes after the end",
    offered,
    [outcome(5, "failed"), stage(6, "report", "done")],
    { status: "failed", stage: "report" },
  ],
  [
    "a second outcome",
    offered,
    [outcome(5, "failed"), outcome(6, "succeeded")],
    { status: "failed", outcome: "failed" },
  ],
  [
    "events of another attempt",
    offered,
    STORY.map((event) => ({ ...event, attempt: 2 }) as Event),
    { status: "offered" },
  ],
  [
    "a new epoch after the journal was lost",
    offered,
    [{ ...stage(1, "download", "started"), ...common(1, LATER_EPOCH) }, ...STORY],
    { status: "active", stage: "download" },
  ],
];

test.each(cases)("A8 a job after %s", (_name, facts, events, expected) => {
  expect(deriveJob(facts, events)).toMatchObject(expected);
});

test("A8 any order and duplication of the same events gives the same state", () => {
  const facts: JobFacts = { ...offered, manifest: "agrees" };
  const all = [...STORY, outcome(5, "succeeded"), stage(6, "report", "done"), outcome(7, "failed")];
  const expected = deriveJob(facts, all);
  const stages = stageFacts(orderEvents(facts, all), "A");
  fc.assert(
    fc.property(fc.shuffledSubarray(all, { minLength: all.length }), fc.subarray(all), (order, twice) => {
      const received = [...order, ...twice];
      expect(deriveJob(facts, received)).toEqual(expected);
      expect(stageFacts(orderEvents(facts, received), "A")).toEqual(stages);
    }),
  );
});

test("A8 an ECU's stages carry start, end, duration and bytes", () => {
  expect(stageFacts(orderEvents(offered, STORY), "A")).toEqual([
    { stage: "flash", state: "done", startedAt: 1003, endedAt: 1004, durationMs: 900, bytes: 4096 },
  ]);
});

test("A8 a stage that began again after a power cut keeps its first start and is open", () => {
  const again = [...STORY, stage(5, "flash", "started", { ecuId: "A" })];
  expect(stageFacts(orderEvents(offered, again), "A")).toEqual([
    { stage: "flash", state: "started", startedAt: 1003 },
  ]);
});
