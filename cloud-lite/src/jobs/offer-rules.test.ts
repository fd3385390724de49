import { expect, test } from "vitest";
import { jobToOffer, type OpenJob } from "./offer-rules.ts";

const job = (jobId: string, more: Partial<OpenJob> = {}): OpenJob => ({
  jobId,
  status: "queued",
  outcome: null,
  expiresAt: null,
  campaignState: "active",
  ...more,
});
const NOW = 1000;

const cases: [string, OpenJob[], string | undefined][] = [
  ["no job", [], undefined],
  ["two queued jobs: the oldest", [job("1"), job("2")], "1"],
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
