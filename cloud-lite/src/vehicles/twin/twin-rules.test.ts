import { expect, test } from "vitest";
import { ecuSync, vehicleSync, type EcuFacts, type SyncState, type WantedEcuSoftware } from "./twin-rules.ts";

const wanted: WantedEcuSoftware = { version: "2.0.0", sha256: "b", source: "job", since: 20 };
const runs = (version: string, sha256?: string) => ({
  version,
  ...(sha256 === undefined ? {} : { sha256 }),
  since: 30,
});

test.each<[string, Omit<EcuFacts, "createdAt">, string]>([
  ["it runs what is wanted", { wanted, reported: runs("2.0.0", "b") }, "inSync asDesired 30"],
  ["the digest is not known", { wanted, reported: runs("2.0.0") }, "inSync asDesired 30"],
  ["the digest counts, not the version", { wanted, reported: runs("2.0.0", "x") }, "drifted reportsOther 30"],
  ["it runs an older one", { wanted, reported: runs("1.0.0", "a"), order: -1 }, "drifted reportsOlder 30"],
  ["it runs a newer one", { wanted, reported: runs("3.0.0", "c"), order: 1 }, "drifted reportsNewer 30"],
  ["a job is on its way", { wanted, reported: runs("1.0.0", "a"), job: "open" }, "drifted updateWaiting 30"],
  ["its job failed", { wanted, reported: runs("1.0.0", "a"), job: "failed" }, "drifted updateFailed 30"],
  [
    "since it was wanted",
    { wanted: { ...wanted, since: 50 }, reported: runs("2.0.0") },
    "inSync asDesired 50",
  ],
  ["it was never heard of", { wanted }, "unknown notReported 5"],
  ["nothing is wanted", { reported: runs("1.0.0") }, "unknown nothingDesired 30"],
  [
    "the vehicle is held",
    { wanted, reported: runs("2.0.0"), held: { reason: "ecuReplaced", since: 40 } },
    "held ecuReplaced 40",
  ],
])("D3 an ECU's state in the twin: %s", (_case, facts, expected) => {
  const { state, reason, since } = ecuSync({ createdAt: 5, ...facts });
  expect(`${state} ${reason} ${since}`).toBe(expected);
});

test.each<[SyncState[], boolean, SyncState]>([
  [["inSync", "inSync"], false, "inSync"],
  [["inSync", "unknown"], false, "unknown"],
  [["inSync", "drifted", "unknown"], false, "drifted"],
  [["drifted", "held"], false, "held"],
  [["inSync"], true, "drifted"],
  [[], false, "unknown"],
])("D3 a vehicle is as its worst ECU: %j %s", (ecus, hasOpenSettings, expected) => {
  expect(vehicleSync(ecus, hasOpenSettings)).toBe(expected);
});
