import { createHash } from "node:crypto";
import { NO_BASE } from "@halfshaft/ota-format/trust";
import { profiles, type EcuProfile, type RoutineInput } from "@halfshaft/vehicle-net/ecu";
import { Nrc, RequestDownload, RequestTransferExit, TransferData } from "@halfshaft/vehicle-net/uds";
import { expect, test } from "vitest";
import { deltaRamBytes } from "./delta-download.ts";
import { compressed, patch, patchBase, patchResult, patchToCheck, plainImage } from "./test-patch.ts";
import { filler, provisioned, testProfile, testRig, type TestRig } from "./testing.ts";

const range = { address: 0x1000, length: patchResult.bytes.length };
const withTransfer = (transfer: Partial<EcuProfile["transfer"]>): EcuProfile => ({
  ...testProfile,
  transfer: { ...testProfile.transfer, ...transfer },
});

/** An ECU that runs the base, with its inactive bank erased, and a tester in the programming session. */
async function readyToProgram(profile = testProfile, storage = provisioned(patchBase)): Promise<TestRig> {
  const rig = testRig({ profile, storage });
  await rig.run(rig.ecu.answering());
  await rig.run(rig.tester.enterProgramming());
  await rig.run(rig.tester.erase());
  return rig;
}

const checkBase = ({ run, tester }: TestRig, change: Partial<RoutineInput<"checkBase">> = {}) =>
  run(tester.start("checkBase", { ...patchToCheck, ...change }));
const request = ({ run, tester }: TestRig, memory = range) =>
  run(tester.client.request(RequestDownload, { dataFormat: 0x10, memory }));
const exit = ({ run, tester }: TestRig) => run(tester.client.request(RequestTransferExit, {}));
const check = ({ run, tester }: TestRig) =>
  run(tester.start("checkMemory", { signedDescriptor: patchResult.signedDescriptor }));

/** Up to the patch itself. */
async function readyForPatch(profile = testProfile): Promise<TestRig> {
  const rig = await readyToProgram(profile);
  expect(await checkBase(rig)).toBe("ok");
  await request(rig);
  return rig;
}

test.each([1, 7, 100, 270])(
  "E5 S3 a patch in blocks of %d bytes becomes the new image in the inactive bank, and passes the checks",
  async (blockBytes) => {
    const rig = await readyForPatch();
    await rig.run(rig.tester.transfer(patch, blockBytes));
    await exit(rig);
    expect(rig.storage.readBank("B", 0, range.length)).toEqual(patchResult.bytes);
    expect(rig.storage.readBank("B", range.length, 64)).toEqual(new Uint8Array(64).fill(0xff));
    expect(rig.storage.readBank("A", 0, range.length)).toEqual(patchBase.bytes);
    expect(await check(rig)).toBe("ok");
  },
);

test("E5 S3 a compressed image is a patch of nothing: taken whatever the active bank holds", async () => {
  const rig = await readyToProgram();
  const patchSha256 = new Uint8Array(createHash("sha256").update(compressed).digest());
  const baseSha256 = new Uint8Array(Buffer.from(NO_BASE.sha256, "hex"));
  const { length } = plainImage.bytes;
  expect(await checkBase(rig, { baseSha256, patchSha256, patchBytes: compressed.length })).toBe("ok");
  await request(rig, { address: 0x1000, length });
  await rig.run(rig.tester.transfer(compressed, 100));
  await exit(rig);
  expect(rig.storage.readBank("B", 0, length)).toEqual(plainImage.bytes);
  const { signedDescriptor } = plainImage;
  expect(await rig.run(rig.tester.start("checkMemory", { signedDescriptor }))).toBe("ok");
});

test("S3 a patch of nothing cannot read the active bank", async () => {
  const rig = await readyToProgram();
  expect(await checkBase(rig, { baseSha256: new Uint8Array(Buffer.from(NO_BASE.sha256, "hex")) })).toBe("ok");
  await request(rig);
  const whole = rig.run(rig.tester.transfer(patch, 270)).then(() => exit(rig));
  await expect(whole).rejects.toMatchObject({ nrc: Nrc.requestOutOfRange });
});

test("S3 pages are written while the patch still arrives", async () => {
  const rig = await readyForPatch();
  await rig.run(rig.tester.transfer(patch.subarray(0, 100), 100));
  expect(rig.storage.readBank("B", 0, 64)).toEqual(patchResult.bytes.subarray(0, 64));
});

test("S3 a patch takes its time to program on the clock", async () => {
  const slow = { ...testProfile, flash: { ...testProfile.flash, programMsPerPage: 10 } };
  const rig = await readyForPatch(slow);
  const startMs = rig.clock.now();
  await rig.run(rig.tester.transfer(patch, 270));
  await exit(rig);
  expect(rig.clock.now() - startMs).toBeGreaterThan((range.length / 64) * 10);
});

test("S3 34 for a patch without checkBase before it is refused with NRC 22", async () => {
  const rig = await readyToProgram();
  await expect(request(rig)).rejects.toMatchObject({ nrc: Nrc.conditionsNotCorrect });
});

test("S3 a patch from another base than the active image is refused before anything is written", async () => {
  const rig = await readyToProgram();
  expect(await checkBase(rig, { baseSha256: new Uint8Array(32) })).toBe("baseMismatch");
  await expect(request(rig)).rejects.toMatchObject({ nrc: Nrc.conditionsNotCorrect });
});

test("S3 what counts is what the active bank holds now, not what was installed there", async () => {
  const rig = await readyToProgram();
  rig.storage.writeBank("A", 1000, Uint8Array.of(patchBase.bytes[1000]! ^ 1));
  expect(await checkBase(rig)).toBe("baseMismatch");
});

test("S3 checkBase asks for the programming session and for the key", async () => {
  const rig = testRig({ storage: provisioned(patchBase) });
  await rig.run(rig.ecu.answering());
  await expect(checkBase(rig)).rejects.toMatchObject({ nrc: Nrc.serviceNotSupportedInActiveSession });
  await rig.run(rig.tester.session(0x03));
  await expect(checkBase(rig)).rejects.toMatchObject({ nrc: Nrc.requestOutOfRange });
  await rig.run(rig.tester.session(0x02));
  await expect(checkBase(rig)).rejects.toMatchObject({ nrc: Nrc.securityAccessDenied });
});

test("S3 erasing forgets that the base was checked", async () => {
  const rig = await readyToProgram();
  await checkBase(rig);
  await rig.run(rig.tester.erase());
  await expect(request(rig)).rejects.toMatchObject({ nrc: Nrc.conditionsNotCorrect });
});

test("S3 34 for a patch into memory that is not erased is refused with NRC 22", async () => {
  const rig = await readyToProgram();
  await rig.run(rig.tester.download(0x1800, filler(100, 3)));
  await checkBase(rig);
  await expect(request(rig)).rejects.toMatchObject({ nrc: Nrc.conditionsNotCorrect });
});

test("S3 the decoder and the buffer of a block fit the RAM of every ECU that takes patches", () => {
  for (const profile of profiles) {
    expect(deltaRamBytes(profile)).toBeLessThanOrEqual(profile.transfer.deltaRamBytes ?? 16_384);
  }
});

test("S3 an ECU without the RAM for a decoder refuses 34 with NRC 70", async () => {
  const rig = await readyToProgram(withTransfer({ deltaRamBytes: 8192 }));
  await checkBase(rig);
  await expect(request(rig)).rejects.toMatchObject({ nrc: Nrc.uploadDownloadNotAccepted });
});

test("S3 blocks are as long as the RAM beside the decoder allows", async () => {
  const decoderBytes = deltaRamBytes(testProfile)! - testProfile.transfer.maxBlockBytes;
  const rig = await readyToProgram(withTransfer({ deltaRamBytes: decoderBytes + 100 }));
  await checkBase(rig);
  expect(await request(rig)).toMatchObject({ maxBlockBytes: 100 });
  await expect(rig.run(rig.tester.transfer(patch, 99))).rejects.toMatchObject({ nrc: Nrc.requestOutOfRange });
});

test("S3 a damaged patch is refused with NRC 31, and not gone on with", async () => {
  const rig = await readyForPatch();
  const damaged = patch.map((byte, i) => (i === 60 ? byte ^ 0x10 : byte));
  const whole = rig.run(rig.tester.transfer(damaged, 100)).then(() => exit(rig));
  await expect(whole).rejects.toMatchObject({ nrc: Nrc.requestOutOfRange });
  await expect(exit(rig)).rejects.toMatchObject({ nrc: Nrc.requestSequenceError });
  expect(await rig.run(rig.tester.read("resumePatch"))).toEqual({
    patchOffset: 0,
    digestPrefix: new Uint8Array(8),
  });
  await expect(request(rig)).rejects.toMatchObject({ nrc: Nrc.conditionsNotCorrect });
});

test.each([
  ["longer", 100],
  ["shorter", 3300],
])("S3 a patch whose result is %s than 34 announced is refused with NRC 31", async (_name, length) => {
  const rig = await readyToProgram();
  await checkBase(rig);
  await request(rig, { ...range, length });
  const whole = rig.run(rig.tester.transfer(patch, 270)).then(() => exit(rig));
  await expect(whole).rejects.toMatchObject({ nrc: Nrc.requestOutOfRange });
});

test("S3 more of a patch than checkBase was told is refused with NRC 71, 37 before its end with NRC 24", async () => {
  const rig = await readyForPatch();
  await rig.run(rig.tester.transfer(patch.subarray(0, 200), 200));
  await expect(exit(rig)).rejects.toMatchObject({ nrc: Nrc.requestSequenceError });
  const tooMuch = rig.run(rig.tester.client.request(TransferData, { counter: 2, data: filler(71, 1) }));
  await expect(tooMuch).rejects.toMatchObject({ nrc: Nrc.transferDataSuspended });
});

test("S3 a patch that is not ended with 37 cannot be checked", async () => {
  const rig = await readyForPatch();
  await rig.run(rig.tester.transfer(patch, 270));
  await expect(check(rig)).rejects.toMatchObject({ nrc: Nrc.requestSequenceError });
});

test("V3 a block of a patch whose answer was lost is repeated, answered and not applied again", async () => {
  const rig = await readyForPatch();
  const block = (counter: number, data: Uint8Array) =>
    rig.run(rig.tester.client.request(TransferData, { counter, data }));
  await block(1, patch.subarray(0, 200));
  await block(1, patch.subarray(0, 200));
  await block(2, patch.subarray(200));
  await exit(rig);
  expect(await check(rig)).toBe("ok");
});
