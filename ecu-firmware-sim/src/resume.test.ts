import { createHash } from "node:crypto";
import { Nrc } from "@halfshaft/vehicle-net/uds";
import { expect, test } from "vitest";
import { RequestDownload, RequestTransferExit, TransferData } from "@halfshaft/vehicle-net/uds";
import {
  filler,
  oldImage,
  provisioned,
  testImage,
  testRig,
  unsyncedStorage,
  type TestImage,
  type TestRig,
} from "./testing.ts";

/** 3,000 bytes: the record notes progress after every 1,024 (four sectors). */
const image = testImage("2.0.0", { segments: [{ address: 0x1000, bytes: filler(3000, 5) }] });
const twoSegments = testImage("2.0.0", {
  segments: [
    { address: 0x1000, bytes: filler(700, 6) },
    { address: 0x1400, bytes: filler(2000, 7) },
  ],
});

/** The power goes after so many blocks of 400 bytes of the last segment. */
async function cutOff(blocks: number, { segments }: TestImage): Promise<TestRig> {
  const rig = testRig();
  const { run, tester, ecu } = rig;
  await run(ecu.answering());
  await run(tester.enterProgramming());
  await run(tester.erase());
  for (const { address, bytes } of segments.slice(0, -1)) await run(tester.download(address, bytes));
  const { address, bytes } = segments.at(-1)!;
  const memory = { address, length: bytes.length };
  await run(tester.client.request(RequestDownload, { dataFormat: 0, memory }));
  await run(tester.transfer(bytes.subarray(0, blocks * 400), 400));
  ecu.powerOff();
  ecu.powerOn();
  await run(ecu.answering());
  await run(tester.enterProgramming());
  return rig;
}

const prefix = (bytes: Uint8Array) =>
  new Uint8Array(createHash("sha256").update(bytes).digest()).subarray(0, 8);

test.each([
  [0, 0],
  [2, 0],
  [3, 1024],
  [5, 1024],
  [6, 2048],
  [7, 2048],
])("S3 after %d blocks of 400 bytes a power cut leaves %d bytes to go on after", async (blocks, offset) => {
  const { run, tester } = await cutOff(blocks, image);
  expect(await run(tester.read("resumeOffset"))).toEqual({
    offset,
    digestPrefix: prefix(image.bytes.subarray(0, offset)),
  });
});

test("S3 a download goes on where the power cut it off, and the image passes all checks", async () => {
  const { run, tester, ecu, storage } = await cutOff(5, image);
  const { offset } = await run(tester.read("resumeOffset"));
  const before = ecu.state().wear.B;
  await run(tester.download(0x1000 + offset, image.bytes.subarray(offset)));
  expect(await run(tester.start("checkMemory", { signedDescriptor: image.signedDescriptor }))).toBe("ok");
  expect(storage.readBank("B", 0, 3000)).toEqual(image.bytes);
  // What was kept was not erased again.
  expect(ecu.state().wear.B.slice(0, 4)).toEqual(before.slice(0, 4));
});

test("S3 a download that was cut off between its last block and 37 is not taken for complete", async () => {
  const even = testImage("2.0.0", { segments: [{ address: 0x1000, bytes: filler(2048, 8) }] });
  const { run, tester } = await cutOff(6, even);
  expect((await run(tester.read("resumeOffset"))).offset).toBe(1024);
  await run(tester.download(0x1400, even.bytes.subarray(1024)));
  expect((await run(tester.read("resumeOffset"))).offset).toBe(2048);
  expect(await run(tester.start("checkMemory", { signedDescriptor: even.signedDescriptor }))).toBe("ok");
});

test("S3 a request for download whose answer was lost may be repeated", async () => {
  const { run, tester } = await cutOff(0, image);
  const memory = { address: 0x1000, length: 3000 };
  for (let time = 0; time < 2; time += 1) {
    await run(tester.client.request(RequestDownload, { dataFormat: 0, memory }));
  }
  await run(tester.transfer(image.bytes, 400));
  await run(tester.client.request(RequestTransferExit, {}));
  expect(await run(tester.start("checkMemory", { signedDescriptor: image.signedDescriptor }))).toBe("ok");
});

test("S3 a segment that was ended is kept when the power goes in the next one", async () => {
  const { run, tester } = await cutOff(4, twoSegments);
  const [first, second] = twoSegments.segments;
  const { offset, digestPrefix } = await run(tester.read("resumeOffset"));
  expect(offset).toBe(700 + 1024);
  expect(digestPrefix).toEqual(prefix(twoSegments.bytes.subarray(0, offset)));
  await run(tester.download(0x1400 + offset - first!.bytes.length, second!.bytes.subarray(1024)));
  const { signedDescriptor } = twoSegments;
  expect(await run(tester.start("checkMemory", { signedDescriptor }))).toBe("ok");
});

test("S3 a download that was cut off before its first note begins anew without erasing all", async () => {
  const { run, tester } = await cutOff(1, image);
  await run(tester.download(0x1000, image.bytes));
  expect(await run(tester.start("checkMemory", { signedDescriptor: image.signedDescriptor }))).toBe("ok");
});

test("S3 a download can be cut off and go on again and again", async () => {
  const { run, tester, ecu } = await cutOff(3, image);
  for (let { offset } = await run(tester.read("resumeOffset")); ;) {
    const memory = { address: 0x1000 + offset, length: image.bytes.length - offset };
    await run(tester.client.request(RequestDownload, { dataFormat: 0, memory }));
    await run(tester.transfer(image.bytes.subarray(offset, offset + 1200), 400));
    if (offset + 1200 >= image.bytes.length) break;
    ecu.powerOff();
    ecu.powerOn();
    await run(ecu.answering());
    await run(tester.enterProgramming());
    const next = await run(tester.read("resumeOffset"));
    expect(next.offset).toBeGreaterThan(offset);
    offset = next.offset;
  }
  await run(tester.client.request(RequestTransferExit, {}));
  expect(await run(tester.start("checkMemory", { signedDescriptor: image.signedDescriptor }))).toBe("ok");
});

test("S3 going on at another place than the safe one is refused, as that memory is not erased", async () => {
  const { run, tester } = await cutOff(5, image);
  const memory = { address: 0x1000 + 400, length: 2600 };
  await expect(run(tester.client.request(RequestDownload, { dataFormat: 0, memory }))).rejects.toMatchObject({
    nrc: Nrc.conditionsNotCorrect,
  });
});

test("S3 going on with another image's bytes does not pass the check", async () => {
  const { run, tester } = await cutOff(5, image);
  const { offset } = await run(tester.read("resumeOffset"));
  await run(tester.download(0x1000 + offset, filler(3000 - offset, 99)));
  expect(await run(tester.start("checkMemory", { signedDescriptor: image.signedDescriptor }))).toBe(
    "digestMismatch",
  );
});

test("S3 the block counter begins at 01 again when a download goes on", async () => {
  const { run, tester } = await cutOff(3, image);
  const memory = { address: 0x1000 + 1024, length: 3000 - 1024 };
  await run(tester.client.request(RequestDownload, { dataFormat: 0, memory }));
  const data = image.bytes.subarray(1024, 1424);
  await expect(run(tester.client.request(TransferData, { counter: 4, data }))).rejects.toMatchObject({
    nrc: Nrc.wrongBlockSequenceCounter,
  });
  await run(tester.client.request(TransferData, { counter: 1, data }));
});

test("S3 erasing forgets what could be gone on with", async () => {
  const { run, tester } = await cutOff(5, image);
  await run(tester.erase());
  expect((await run(tester.read("resumeOffset"))).offset).toBe(0);
});

test("S3 what is safe to go on after was synced before it was noted", async () => {
  const storage = unsyncedStorage();
  const { run, tester, ecu } = testRig({ storage: provisioned(oldImage, storage) });
  await run(ecu.answering());
  await run(tester.enterProgramming());
  await run(tester.erase());
  const memory = { address: 0x1000, length: 3000 };
  await run(tester.client.request(RequestDownload, { dataFormat: 0, memory }));
  await run(tester.transfer(image.bytes.subarray(0, 1200), 400));
  ecu.powerOff();
  storage.lose();
  ecu.powerOn();
  await run(ecu.answering());
  expect(await run(tester.read("resumeOffset"))).toEqual({
    offset: 1024,
    digestPrefix: prefix(image.bytes.subarray(0, 1024)),
  });
});
