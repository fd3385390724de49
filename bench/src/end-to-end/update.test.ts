import { profileNamed } from "@halfshaft/vehicle-net/ecu";
import { afterEach, expect, test } from "vitest";
import { passUntilEnded, passUntilKnown, recordedJob } from "../rig/drive.ts";
import { VirtualRig, type VirtualRigOptions } from "../rig/virtual-rig.ts";

let rig: VirtualRig;
afterEach(() => rig.close());

/** A vehicle on release 1 with release 2 on offer, and its gateway at work. */
async function offered(options: VirtualRigOptions = {}) {
  rig = await VirtualRig.create(options);
  const gateway = await rig.startGateway();
  await passUntilKnown(rig, "1.0.0");
  const release = await rig.publish(2);
  await rig.startCampaign(release.releaseId);
  return gateway;
}

const NEW = ["2.0.0", "2.0.0", "2.0.0"];
const OLD = ["1.0.0", "1.0.0", "1.0.0"];

test("E2 E8 a release goes from the cloud into all ECUs, and the cloud knows", async () => {
  const gateway = await offered();
  const job = await passUntilEnded(rig, () => gateway);
  await gateway.stop();
  expect(job.outcome?.kind).toBe("succeeded");
  expect(rig.versions()).toEqual(NEW);
  const record = await recordedJob(rig);
  expect(record.status).toBe("succeeded");
  expect(record.ecus.map(({ reportedVersion }) => reportedVersion)).toEqual(NEW);
});

test("E5 what is downloaded are the deltas, and each step is on record with its time", async () => {
  const gateway = await offered();
  await passUntilEnded(rig, () => gateway);
  await gateway.stop();
  const { ecus, stages } = await recordedJob(rig);
  for (const ecu of ecus) {
    const bytes = ecu.stages.find(({ stage }) => stage === "download")?.bytes ?? Infinity;
    expect(bytes).toBeLessThan(2000);
  }
  const told = stages.map(({ stage }) => stage);
  expect(told).toEqual(
    expect.arrayContaining([
      "plan",
      "consent",
      "download",
      "verify",
      "patch",
      "flash",
      "activate",
      "confirm",
    ]),
  );
});

test("E8 one ECU that does not start the new software brings all back, with the reason", async () => {
  const gateway = await offered({ faults: { "BOD-1": { bootFailure: true } } });
  const job = await passUntilEnded(rig, () => gateway);
  await gateway.stop();
  expect(job.outcome).toMatchObject({ kind: "rolledBack", safeToDrive: true });
  expect(rig.versions()).toEqual(OLD);
  const record = await recordedJob(rig);
  expect([record.status, record.failure?.code]).toEqual(["rolledBack", "CONFIRM_BOOT_FAILED"]);
});

test("E6 a driver who says no gets nothing, and the cloud knows", async () => {
  const gateway = await offered();
  const job = await passUntilEnded(rig, () => gateway, "decline");
  await gateway.stop();
  expect(job.outcome?.kind).toBe("declined");
  expect(rig.versions()).toEqual(OLD);
  expect((await recordedJob(rig)).status).toBe("declined");
});

test("C10 E6 nothing is flashed while the vehicle is not parked, and the job goes on when it is", async () => {
  const gateway = await offered();
  rig.vehicle.set({ gear: "D" });
  const ended = passUntilEnded(rig, () => gateway);
  rig.clock.after(900_000, () => {
    expect(gateway.controls.current().job?.stage).toBe("readiness");
    expect(rig.versions()).toEqual(OLD);
    rig.vehicle.set({ gear: "P" });
  });
  expect((await ended).outcome?.kind).toBe("succeeded");
  await gateway.stop();
});

test("E7 losses past the retry limit end the job with their code, and the old software keeps running", async () => {
  const gateway = await offered({ config: { deltaPreference: "gateway" } });
  const { requestId } = profileNamed("adas").addressing;
  let inBlock = false;
  rig.wire.injectFaults(({ frame: { id, data } }) => {
    if (id !== requestId) return undefined;
    // First frame (ISO 15765-2): whether the message that begins is a TransferData.
    if (data[0]! >>> 4 === 1) inBlock = data[2] === 0x36;
    return inBlock && data[0] === 0x23 ? "lose" : undefined;
  });
  const job = await passUntilEnded(rig, () => gateway);
  await gateway.stop();
  expect(job.outcome?.failure?.code).toBe("FLASH_TRANSFER_LOST");
  const { status, failure } = await recordedJob(rig);
  expect([status, failure?.code]).toEqual(["failed", "FLASH_TRANSFER_LOST"]);
  expect(rig.versions()).toEqual(OLD);
});
