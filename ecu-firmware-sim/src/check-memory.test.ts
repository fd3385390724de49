import { generateKeyPairSync } from "node:crypto";
import { SIGNATURE_BYTES } from "@halfshaft/ota-format/trust";
import { Nrc, RequestDownload, TransferData } from "@halfshaft/vehicle-net/uds";
import { describe, expect, test } from "vitest";
import {
  filler,
  newImage,
  provisioned,
  testImage,
  testRig,
  type TestImage,
  type TestRig,
} from "./testing.ts";

/** Transfers the segments of an image as they are. */
async function transferred(image: Pick<TestImage, "segments">, storage = provisioned()): Promise<TestRig> {
  const rig = testRig({ storage });
  await rig.run(rig.ecu.answering());
  await rig.run(rig.tester.enterProgramming());
  await rig.run(rig.tester.erase());
  for (const { address, bytes } of image.segments) await rig.run(rig.tester.download(address, bytes));
  return rig;
}

const check = ({ run, tester }: TestRig, signedDescriptor: Uint8Array) =>
  run(tester.start("checkMemory", { signedDescriptor }));

/** Nothing that was refused can be started. */
async function expectNotActivatable({ run, tester, ecu }: TestRig): Promise<void> {
  expect(await run(tester.start("activate", {}))).toBe("notChecked");
  await run(tester.reset());
  await run(ecu.answering());
  expect(await run(tester.read("softwareVersion"))).toBe("1.0.0");
}

const { segments } = newImage;
const [segment] = segments;
const at = segment!.address;

describe("S2 the ECU refuses by itself", () => {
  const flipped = (bytes: Uint8Array, index: number) => bytes.with(index, bytes.at(index)! ^ 1);

  test("a descriptor of another key", async () => {
    const stranger = testImage("2.0.0", { privateKey: generateKeyPairSync("ed25519").privateKey });
    const rig = await transferred(stranger);
    expect(await check(rig, stranger.signedDescriptor)).toBe("badSignature");
    await expectNotActivatable(rig);
  });

  test("a descriptor that was changed after it was signed", async () => {
    const rig = await transferred(newImage);
    expect(await check(rig, flipped(newImage.signedDescriptor, 5))).toBe("badSignature");
    await expectNotActivatable(rig);
  });

  test("a descriptor whose signature was changed", async () => {
    const rig = await transferred(newImage);
    const index = newImage.signedDescriptor.length - SIGNATURE_BYTES;
    expect(await check(rig, flipped(newImage.signedDescriptor, index))).toBe("badSignature");
    await expectNotActivatable(rig);
  });

  test("what is too short to be a descriptor", async () => {
    const rig = await transferred(newImage);
    expect(await check(rig, new Uint8Array(SIGNATURE_BYTES))).toBe("badDescriptor");
  });

  test("an image for another hardware", async () => {
    const other = testImage("2.0.0", { hardwareId: "K3-ADAS" });
    const rig = await transferred(other);
    expect(await check(rig, other.signedDescriptor)).toBe("wrongHardware");
    await expectNotActivatable(rig);
  });

  test("an image below the burned release counter", async () => {
    const storage = provisioned(testImage("1.0.0", { releaseCounter: 3 }));
    const outlawed = testImage("2.0.0", { releaseCounter: 2 });
    const rig = await transferred(outlawed, storage);
    expect(await check(rig, outlawed.signedDescriptor)).toBe("counterTooLow");
    await expectNotActivatable(rig);
  });

  test("segments that were not all transferred", async () => {
    const two = testImage("2.0.0", { segments: [...segments, { address: 0x1800, bytes: filler(64, 9) }] });
    const rig = await transferred(newImage);
    expect(await check(rig, two.signedDescriptor)).toBe("segmentMismatch");
    await expectNotActivatable(rig);
  });

  test("more than the segments", async () => {
    const extra = { address: 0x1800, bytes: filler(64, 9) };
    const rig = await transferred({ segments: [...segments, extra] });
    expect(await check(rig, newImage.signedDescriptor)).toBe("segmentMismatch");
    await expectNotActivatable(rig);
  });

  test("a segment outside the flashed region", async () => {
    const outside = testImage("2.0.0", { segments: [{ address: 0x1000_1000, bytes: filler(16, 9) }] });
    const rig = await transferred(newImage);
    expect(await check(rig, outside.signedDescriptor)).toBe("segmentMismatch");
  });

  test("segments that overlap, signed or not", async () => {
    const twice = testImage("2.0.0", { segments: [segment!, segment!] });
    const rig = await transferred(newImage);
    expect(await check(rig, twice.signedDescriptor)).toBe("badDescriptor");
  });

  test.each([0, 450, -1])("an image with byte %d changed", async (index) => {
    const changed = flipped(segment!.bytes, index);
    const rig = await transferred({ segments: [{ address: at, bytes: changed }] });
    expect(await check(rig, newImage.signedDescriptor)).toBe("digestMismatch");
    await expectNotActivatable(rig);
  });

  test("a download that was not ended, with NRC 24", async () => {
    const rig = await transferred({ segments: [] });
    const memory = { address: at, length: 64 };
    await rig.run(rig.tester.client.request(RequestDownload, { dataFormat: 0, memory }));
    await rig.run(rig.tester.client.request(TransferData, { counter: 1, data: filler(64, 1) }));
    await expect(check(rig, newImage.signedDescriptor)).rejects.toMatchObject({
      nrc: Nrc.requestSequenceError,
    });
  });

  test("to activate what was erased after the check", async () => {
    const rig = await transferred(newImage);
    expect(await check(rig, newImage.signedDescriptor)).toBe("ok");
    await rig.run(rig.tester.erase({ address: at, length: 1 }));
    await expectNotActivatable(rig);
  });
});

test("S2 an image of the same release counter installs, so that one can go back", async () => {
  const rig = await transferred(newImage, provisioned(testImage("3.0.0")));
  expect(await check(rig, newImage.signedDescriptor)).toBe("ok");
});

test("S2 segments may be transferred in smaller pieces than they were signed", async () => {
  const half = { address: at, bytes: segment!.bytes.subarray(0, 500) };
  const rest = { address: at + 500, bytes: segment!.bytes.subarray(500) };
  const rig = await transferred({ segments: [half, rest] });
  expect(await check(rig, newImage.signedDescriptor)).toBe("ok");
});

test("S2 a check that is repeated is answered alike", async () => {
  const rig = await transferred(newImage);
  expect(await check(rig, newImage.signedDescriptor)).toBe("ok");
  expect(await check(rig, newImage.signedDescriptor)).toBe("ok");
});
