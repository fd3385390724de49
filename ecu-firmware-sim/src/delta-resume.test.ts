import { Nrc, RequestDownload, RequestTransferExit } from "@halfshaft/vehicle-net/uds";
import { expect, test } from "vitest";
import { patch, patchBase, patchResult, patchToCheck } from "./test-patch.ts";
import { provisioned, testProfile, testRig, unsyncedStorage, type TestRig } from "./testing.ts";
import type { EcuStorage } from "./storage.ts";

const BLOCK = 60;
const range = { address: 0x1000, length: patchResult.bytes.length };
const prefix = patchToCheck.patchSha256.subarray(0, 8);
const noSnapshots = {
  ...testProfile,
  transfer: { ...testProfile.transfer, deltaSnapshots: false },
};

const request = ({ run, tester }: TestRig) =>
  run(tester.client.request(RequestDownload, { dataFormat: 0x10, memory: range }));

/** Off and on again, and back in the programming session. */
async function cutPower({ run, tester, ecu }: TestRig, whileOff = () => {}): Promise<void> {
  ecu.powerOff();
  whileOff();
  ecu.powerOn();
  await run(ecu.answering());
  await run(tester.enterProgramming());
}

/** The power goes after so many blocks of 60 bytes. */
async function cutOff(blocks: number, profile = testProfile): Promise<TestRig> {
  const rig = testRig({ profile, storage: provisioned(patchBase) });
  await rig.run(rig.ecu.answering());
  await rig.run(rig.tester.enterProgramming());
  await rig.run(rig.tester.erase());
  await rig.run(rig.tester.start("checkBase", patchToCheck));
  await request(rig);
  await rig.run(rig.tester.transfer(patch.subarray(0, blocks * BLOCK), BLOCK));
  await cutPower(rig);
  return rig;
}

/** 34 again, and the rest of the patch. */
async function goOn(rig: TestRig): Promise<void> {
  const { run, tester } = rig;
  const { patchOffset } = await run(tester.read("resumePatch"));
  await request(rig);
  await run(tester.transfer(patch.subarray(patchOffset), BLOCK));
  await run(tester.client.request(RequestTransferExit, {}));
  const { signedDescriptor } = patchResult;
  expect(await run(tester.start("checkMemory", { signedDescriptor }))).toBe("ok");
}

test.each([0, 1, 2, 3, 4])(
  "S3 after %d blocks a power cut loses none of them, and the patch goes on without erasing",
  async (blocks) => {
    const rig = await cutOff(blocks);
    expect(await rig.run(rig.tester.read("resumePatch"))).toEqual({
      patchOffset: blocks * BLOCK,
      digestPrefix: prefix,
    });
    const { wear } = rig.ecu.state();
    await goOn(rig);
    expect(rig.ecu.state().wear).toEqual(wear);
  },
);

test("S3 a power cut between the last block and 37 leaves only 37 to do", async () => {
  const rig = await cutOff(Math.ceil(patch.length / BLOCK));
  expect((await rig.run(rig.tester.read("resumePatch"))).patchOffset).toBe(patch.length);
  await goOn(rig);
});

test("S3 after 37 nothing is left to send: the whole image counts as transferred", async () => {
  const rig = await cutOff(4);
  await goOn(rig);
  await cutPower(rig);
  expect(await rig.run(rig.tester.read("resumeOffset"))).toEqual({
    offset: range.length,
    digestPrefix: new Uint8Array(Buffer.from(patchResult.sha256, "hex")).subarray(0, 8),
  });
});

test("S3 a patch goes on after its session ended, too", async () => {
  const rig = await cutOff(2);
  await request(rig);
  await rig.run(rig.tester.transfer(patch.subarray(2 * BLOCK, 3 * BLOCK), BLOCK));
  await rig.run(rig.tester.session(0x01));
  await rig.run(rig.tester.enterProgramming());
  await goOn(rig);
});

test("S3 an ECU without room for snapshots is sent the patch again, and programs no page again", async () => {
  const rig = await cutOff(3, noSnapshots);
  expect(await rig.run(rig.tester.read("resumePatch"))).toEqual({ patchOffset: 0, digestPrefix: prefix });
  const { wear } = rig.ecu.state();
  const before = rig.storage.readBank("B", 0, range.length);
  const written = writesTo(rig.storage);
  await goOn(rig);
  expect(rig.ecu.state().wear).toEqual(wear);
  expect(written.length).toBeGreaterThan(0);
  for (const { offset, length } of written) {
    expect(before.subarray(offset, offset + length)).toEqual(new Uint8Array(length).fill(0xff));
  }
});

test("S3 without a patch that was cut off there is nothing to go on with", async () => {
  const nothing = { patchOffset: 0, digestPrefix: new Uint8Array(8) };
  const rig = testRig({ storage: provisioned(patchBase) });
  await rig.run(rig.ecu.answering());
  expect(await rig.run(rig.tester.read("resumePatch"))).toEqual(nothing);
  await rig.run(rig.tester.enterProgramming());
  await rig.run(rig.tester.erase());
  await rig.run(rig.tester.start("checkBase", patchToCheck));
  expect(await rig.run(rig.tester.read("resumePatch"))).toEqual(nothing);
});

test("S3 another patch cannot go on where one was cut off", async () => {
  const rig = await cutOff(2);
  await rig.run(rig.tester.start("checkBase", { ...patchToCheck, patchSha256: new Uint8Array(32).fill(1) }));
  await expect(request(rig)).rejects.toMatchObject({ nrc: Nrc.conditionsNotCorrect });
});

test("S3 plain bytes do not go on where a patch was cut off, and begin after erasing", async () => {
  const rig = await cutOff(3);
  const { run, tester } = rig;
  expect((await run(tester.read("resumeOffset"))).offset).toBe(0);
  const raw = run(tester.client.request(RequestDownload, { dataFormat: 0, memory: range }));
  await expect(raw).rejects.toMatchObject({ nrc: Nrc.conditionsNotCorrect });
  expect(await run(tester.install(patchResult))).toBe("ok");
});

test("S3 what a snapshot stands for was synced before it was noted", async () => {
  const storage = unsyncedStorage();
  const rig = testRig({ storage: provisioned(patchBase, storage) });
  await rig.run(rig.ecu.answering());
  await rig.run(rig.tester.enterProgramming());
  await rig.run(rig.tester.erase());
  await rig.run(rig.tester.start("checkBase", patchToCheck));
  await request(rig);
  await rig.run(rig.tester.transfer(patch.subarray(0, 3 * BLOCK), BLOCK));
  await cutPower(rig, () => storage.lose());
  await goOn(rig);
});

/** What is written into bank B from now on. */
function writesTo(storage: EcuStorage): { readonly offset: number; readonly length: number }[] {
  const written: { offset: number; length: number }[] = [];
  const writeBank = storage.writeBank.bind(storage);
  storage.writeBank = (bank, offset, bytes) => {
    if (bank === "B") written.push({ offset, length: bytes.length });
    writeBank(bank, offset, bytes);
  };
  return written;
}
