import type { Fact, Gateway } from "@halfshaft/edge-agent";
import { afterEach, expect, test } from "vitest";
import { passUntil, passUntilEnded, passUntilKnown, recordedJob } from "../rig/drive.ts";
import { VirtualRig } from "../rig/virtual-rig.ts";

const NEW = ["2.0.0", "2.0.0", "2.0.0"];
const OLD = ["1.0.0", "1.0.0", "1.0.0"];
let rig: VirtualRig;
afterEach(() => rig.close());

/** A fact in words: `flash intent`, `confirm done BOD-1`. */
const words = ({ step, kind, ecuId }: Fact): string => [step, kind, ecuId].filter(Boolean).join(" ");

interface CutOptions {
  readonly nth?: number;
  readonly bootFailure?: boolean;
  readonly deltaPreference?: "gateway" | "ecu";
}

/**
 * Runs an update, cuts the gateway's power the moment a fact is on disk, switches it on again, and lets the job come
 * to its end.
 */
async function updateWithCutAt(fact: string, options: CutOptions = {}) {
  const { nth = 1, bootFailure = false, deltaPreference = "gateway" } = options;
  rig = await VirtualRig.create({ faults: { "BOD-1": { bootFailure } }, config: { deltaPreference } });
  let off: Promise<void> | undefined;
  let seen = 0;
  let gateway = await rig.startGateway((found: Fact, self: Gateway) => {
    if (off === undefined && words(found) === fact && (seen += 1) === nth) off = self.stop();
  });
  await passUntilKnown(rig, "1.0.0");
  await rig.startCampaign((await rig.publish(2)).releaseId);
  await passUntil(rig, `the fact "${fact}"`, async () => {
    const { job } = gateway.controls.current();
    if (off === undefined && job?.stage === "consent") await gateway.controls.decide(job.jobId, "now");
    return off === undefined ? undefined : true;
  });
  await rig.clock.run(off!);
  await rig.clock.advance(10_000);
  gateway = await rig.startGateway();
  const job = await passUntilEnded(rig, () => gateway);
  await gateway.stop();
  return { outcome: job.outcome?.kind, record: await recordedJob(rig) };
}

test.each([
  "offer done",
  "plan intent",
  "plan done",
  "consent intent",
  "consent decision",
  "consent done",
  "download intent",
  "download done ENG-1",
  "download done",
  "verify intent",
  "verify done",
  "patch intent",
  "patch done ADA-1",
  "patch done",
  "readiness intent",
  "readiness done",
  "flash intent",
  "flash done BOD-1",
  "flash done",
  "activate intent",
  "activate done ENG-1",
  "activate done",
  "confirm intent",
  "confirm decision",
  "confirm done",
  "report intent",
])("E2 a power cut of the gateway right after `%s` ends with all ECUs on the new software", async (fact) => {
  const { outcome, record } = await updateWithCutAt(fact);
  expect([outcome, record.status]).toEqual(["succeeded", "succeeded"]);
  expect(rig.versions()).toEqual(NEW);
});

test.each([
  "download done ENG-1",
  "verify done",
  "patch done",
  "flash intent",
  "flash done BOD-1",
  "flash done",
])(
  "E2 E5 a power cut of the gateway right after `%s` does not disturb deltas that the ECUs apply",
  async (fact) => {
    const { outcome, record } = await updateWithCutAt(fact, { deltaPreference: "ecu" });
    expect([outcome, record.status]).toEqual(["succeeded", "succeeded"]);
    expect(rig.versions()).toEqual(NEW);
  },
);

// Each ECU is confirmed twice: healthy on trial, and committed.
test.each(["ENG-1", "ADA-1", "BOD-1"])(
  "E8 a power cut between two commits, after that of %s, ends all new",
  async (ecuId) => {
    const { outcome } = await updateWithCutAt(`confirm done ${ecuId}`, { nth: 2 });
    expect(outcome).toBe("succeeded");
    expect(rig.versions()).toEqual(NEW);
  },
);

test.each(["activate done", "confirm decision", "confirm done ENG-1", "report intent"])(
  "E8 a power cut right after `%s` in an update that fails ends with all ECUs on the old software",
  async (fact) => {
    const { outcome, record } = await updateWithCutAt(fact, { bootFailure: true });
    expect([outcome, record.status]).toEqual(["rolledBack", "rolledBack"]);
    expect(rig.versions()).toEqual(OLD);
  },
);
