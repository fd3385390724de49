import { createHash } from "node:crypto";
import type { DeltaPreference } from "@halfshaft/edge-agent";
import { profileNamed } from "@halfshaft/vehicle-net/ecu";
import { afterEach, expect, test } from "vitest";
import { passUntilEnded, passUntilKnown, recordedJob } from "../rig/drive.ts";
import { RIG_ECUS, softwareOf, VirtualRig, type VirtualRigOptions } from "../rig/virtual-rig.ts";

let rig: VirtualRig;
afterEach(() => rig.close());

/** Carries release 2 into the vehicle with this wish; counts the data bytes of all frames to ECUs while it flashes. */
async function updateWith(deltaPreference: DeltaPreference, options: VirtualRigOptions = {}) {
  rig = await VirtualRig.create({ ...options, config: { deltaPreference } });
  const requestIds = new Set(RIG_ECUS.map(({ profile }) => profileNamed(profile).addressing.requestId));
  let bytesOnBus = 0;
  const gateway = await rig.startGateway();
  await passUntilKnown(rig, "1.0.0");
  rig.wire.injectFaults(({ frame }) => {
    if (requestIds.has(frame.id)) bytesOnBus += frame.data.length;
    return undefined;
  });
  await rig.startCampaign((await rig.publish(2)).releaseId);
  const job = await passUntilEnded(rig, () => gateway);
  // What the gateway tidies up once the job is over.
  await rig.clock.advance(1000);
  await gateway.stop();
  expect(job.outcome?.kind).toBe("succeeded");
  expect(rig.versions()).toEqual(["2.0.0", "2.0.0", "2.0.0"]);
  const record = await recordedJob(rig);
  const flashed = record.ecus.map(({ stages }) => stages.find(({ stage }) => stage === "flash"));
  return { job, record, flashed, bytesOnBus };
}

test("E5 with deltas that the ECUs apply only patches cross the bus, and all run the new software", async () => {
  const { flashed, bytesOnBus } = await updateWith("ecu");
  for (const stage of flashed) {
    expect(stage?.transport?.transport).toBe("ecu");
    expect(stage?.bytes).toBeLessThan(1000);
  }
  // Three images are 18 kB; everything else of the sessions is in this number too.
  expect(bytesOnBus).toBeLessThan(6000);
});

test("E5 after deltas that the ECUs applied the gateway has their new images, for the next one", async () => {
  await updateWith("ecu");
  const images = RIG_ECUS.map(({ ecuId }) => softwareOf(ecuId, 2));
  const digests = images.map((image) => createHash("sha256").update(image).digest("hex"));
  expect(await rig.stagedDigests()).toEqual(digests.toSorted());
});

test.each(["ecu", "compressed"] as const)(
  "E5 an image of two segments, uploaded as Intel HEX, travels by %s too, and the gateway has it afterwards",
  async (preference) => {
    const { record, flashed } = await updateWith(preference, { withSettings: true });
    const body = record.ecus.findIndex(({ ecuId }) => ecuId === "BOD-1");
    expect(flashed[body]?.transport?.transport).toBe(preference === "ecu" ? "ecu" : "compressedEcu");
    const image = softwareOf("BOD-1", 2);
    const sha256 = createHash("sha256").update(image).digest("hex");
    expect(rig.ecus.get("BOD-1")!.state().imageSha256Of("B")).toBe(sha256);
    expect(await rig.stagedDigests()).toContain(sha256);
  },
);

test("E5 with deltas for the gateway the images cross the bus", async () => {
  const { flashed, bytesOnBus } = await updateWith("gateway");
  expect(flashed.map((stage) => stage?.transport?.transport)).toEqual(["gateway", "gateway", "gateway"]);
  expect(bytesOnBus).toBeGreaterThan(18_000);
});

test("E5 compressed images cross the bus as they are, and the ECUs unpack them", async () => {
  const { flashed, bytesOnBus, job } = await updateWith("compressed");
  expect(flashed.map((stage) => stage?.transport?.transport)).toEqual([
    "compressedEcu",
    "compressedEcu",
    "compressedEcu",
  ]);
  expect(job.ecus.map(({ transport }) => transport?.transport)).toEqual([
    "compressedEcu",
    "compressedEcu",
    "compressedEcu",
  ]);
  expect(bytesOnBus).toBeLessThan(16_000);
});

test("E5 with full images nothing is patched", async () => {
  const { record } = await updateWith("full");
  for (const { stages } of record.ecus) {
    expect(stages.find(({ stage }) => stage === "download")?.bytes).toBeGreaterThan(6000);
    expect(stages.find(({ stage }) => stage === "patch")).toBeUndefined();
  }
});

test("U5 left to itself the plan takes the patches for the ECUs, and everyone sees the estimate", async () => {
  const { job, flashed } = await updateWith("auto");
  expect(job.ecus.map(({ transport }) => transport?.transport)).toEqual(["ecu", "ecu", "ecu"]);
  expect(flashed.map((stage) => stage?.transport)).toEqual(job.ecus.map(({ transport }) => transport));
});
