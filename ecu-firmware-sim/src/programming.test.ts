import { Nrc, RequestDownload, RequestTransferExit, Session, TransferData } from "@halfshaft/vehicle-net/uds";
import { expect, test } from "vitest";
import { filler, testRig, type TestRig } from "./testing.ts";

const range = { address: 0x1000, length: 300 };
const bytes = filler(300, 1);

/** An ECU whose inactive bank is erased, and a tester in the programming session. */
async function readyToProgram(): Promise<TestRig> {
  const rig = testRig();
  await rig.run(rig.ecu.answering());
  await rig.run(rig.tester.enterProgramming());
  await rig.run(rig.tester.erase());
  return rig;
}

const request = ({ run, tester }: TestRig, memory = range, dataFormat = 0) =>
  run(tester.client.request(RequestDownload, { dataFormat, memory }));
const block = ({ run, tester }: TestRig, counter: number, data: Uint8Array) =>
  run(tester.client.request(TransferData, { counter, data }));
const exit = ({ run, tester }: TestRig) => run(tester.client.request(RequestTransferExit, {}));

/** What the inactive bank holds. */
const bankB = ({ storage }: TestRig, length = bytes.length) => storage.readBank("B", 0, length);

test("S3 a download goes into the inactive bank and leaves the active one alone", async () => {
  const rig = await readyToProgram();
  const active = rig.storage.readBank("A", 0, 0x1000);
  await rig.run(rig.tester.download(range.address, bytes));
  expect(bankB(rig)).toEqual(bytes);
  expect(rig.storage.readBank("A", 0, 0x1000)).toEqual(active);
});

test("S3 a download need not begin or end at a page", async () => {
  const rig = await readyToProgram();
  await rig.run(rig.tester.download(0x1021, bytes));
  expect(rig.storage.readBank("B", 0x21, bytes.length)).toEqual(bytes);
  expect(bankB(rig, 0x21).every((byte) => byte === 0xff)).toBe(true);
});

test("V3 34 tells the length of a block with service identifier and counter", async () => {
  const rig = await readyToProgram();
  const answer = await rig.run(
    rig.tester.client.send(Uint8Array.of(0x34, 0x00, 0x44, 0, 0, 0x10, 0, 0, 0, 1, 0x2c)),
  );
  expect(Buffer.from(answer).toString("hex")).toBe("74200192");
});

test("V3 a block whose answer was lost is repeated, answered and not written again", async () => {
  const rig = await readyToProgram();
  await request(rig);
  await block(rig, 1, bytes.subarray(0, 200));
  expect(await block(rig, 1, bytes.subarray(0, 200))).toMatchObject({ counter: 1 });
  await block(rig, 2, bytes.subarray(200));
  await exit(rig);
  expect(bankB(rig)).toEqual(bytes);
});

test("V3 the block counter goes from FF to 00", async () => {
  const rig = await readyToProgram();
  const long = filler(0x1000, 2);
  await request(rig, { address: 0x1000, length: long.length });
  await rig.run(rig.tester.transfer(long, 10));
  await exit(rig);
  expect(bankB(rig, long.length)).toEqual(long);
});

test.each([0, 2, 255])("V3 the first block with counter %d is refused with NRC 73", async (counter) => {
  const rig = await readyToProgram();
  await request(rig);
  await expect(block(rig, counter, bytes.subarray(0, 10))).rejects.toMatchObject({
    nrc: Nrc.wrongBlockSequenceCounter,
  });
});

test("V3 a block left out is refused with NRC 73, and the right one is still taken", async () => {
  const rig = await readyToProgram();
  await request(rig);
  await block(rig, 1, bytes.subarray(0, 200));
  await expect(block(rig, 3, bytes.subarray(200))).rejects.toMatchObject({
    nrc: Nrc.wrongBlockSequenceCounter,
  });
  await block(rig, 2, bytes.subarray(200));
  await exit(rig);
  expect(bankB(rig)).toEqual(bytes);
});

test("V3 more bytes than were announced are refused with NRC 71", async () => {
  const rig = await readyToProgram();
  await request(rig, { ...range, length: 100 });
  await expect(block(rig, 1, bytes.subarray(0, 101))).rejects.toMatchObject({
    nrc: Nrc.transferDataSuspended,
  });
});

test("V3 36 and 37 without 34, and 37 before the last byte, are refused with NRC 24", async () => {
  const rig = await readyToProgram();
  const outOfSequence = { nrc: Nrc.requestSequenceError };
  await expect(block(rig, 1, bytes.subarray(0, 10))).rejects.toMatchObject(outOfSequence);
  await expect(exit(rig)).rejects.toMatchObject(outOfSequence);
  await request(rig);
  await block(rig, 1, bytes.subarray(0, 200));
  await expect(exit(rig)).rejects.toMatchObject(outOfSequence);
});

test.each([
  ["a region that is not flashed", { address: 0x1000_1000, length: 16 }, 0x00],
  ["an address before the region", { address: 0xff0, length: 16 }, 0x00],
  ["a stretch that ends beyond the region", { address: 0x1ff1, length: 16 }, 0x00],
  ["no bytes", { address: 0x1000, length: 0 }, 0x00],
  ["a data format that the ECU does not know", range, 0x42],
])("V3 34 for %s is refused with NRC 31", async (_name, memory, dataFormat) => {
  const rig = await readyToProgram();
  await expect(request(rig, memory, dataFormat)).rejects.toMatchObject({ nrc: Nrc.requestOutOfRange });
});

test("S1 34 for memory that is not erased is refused with NRC 22", async () => {
  const rig = await readyToProgram();
  await rig.run(rig.tester.download(range.address, bytes));
  await expect(request(rig)).rejects.toMatchObject({ nrc: Nrc.conditionsNotCorrect });
});

test("V3 programming asks for the programming session and for the key", async () => {
  const rig = testRig();
  await rig.run(rig.ecu.answering());
  await rig.run(rig.tester.session(Session.extended));
  await expect(request(rig)).rejects.toMatchObject({ nrc: Nrc.serviceNotSupportedInActiveSession });
  await rig.run(rig.tester.session(Session.programming));
  await expect(request(rig)).rejects.toMatchObject({ nrc: Nrc.securityAccessDenied });
  await expect(rig.run(rig.tester.erase())).rejects.toMatchObject({ nrc: Nrc.securityAccessDenied });
});

test("V3 erasing outside the flashed region is refused with NRC 31 and erases nothing", async () => {
  const rig = testRig();
  await rig.run(rig.ecu.answering());
  await rig.run(rig.tester.enterProgramming());
  const wear = rig.ecu.state().wear;
  await expect(rig.run(rig.tester.erase({ address: 0x1000, length: 0x1001 }))).rejects.toMatchObject({
    nrc: Nrc.requestOutOfRange,
  });
  expect(rig.ecu.state().wear).toEqual(wear);
});

test("S1 the wear of the sectors is kept", async () => {
  const rig = await readyToProgram();
  await rig.run(rig.tester.erase({ address: 0x1100, length: 1 }));
  expect(rig.ecu.state().wear.B.slice(0, 3)).toEqual([1, 2, 1]);
  expect(rig.ecu.state().wear.A.every((count) => count === 0)).toBe(true);
});
