import { createHash } from "node:crypto";
import { encodeDescriptor, joinSignedDescriptor } from "@halfshaft/ota-format/trust";
import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import { type EcuProfile, profileNamed } from "@halfshaft/vehicle-net/ecu";
import { expect, test } from "vitest";
import { FakeEcu } from "../ecus/fake-ecus.ts";
import { flashEcu } from "./flash-ecu.ts";
import { imageToInstall, planFlash } from "./flash-plan.ts";
import { readImage } from "./image-file.ts";

const engine = profileNamed("engine");
const RAW = new Uint8Array(10_000).fill(0xa5);
/** Intel HEX: 4 bytes at 0x0000, 4 at 0x10001000 (the UICR), end. Checksums by hand. */
const HEX = ":0400000001020304F2\n:020000041000EA\n:0410000005060708D2\n:00000001FF\n";
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

test("E12 a raw file begins at the only region that is flashed, or at the given address", () => {
  expect(readImage(RAW, engine).segments).toEqual([{ address: 0, length: 10_000 }]);
  expect(readImage(RAW, engine, 0x1000).segments).toEqual([{ address: 0x1000, length: 10_000 }]);
});

test("E12 an Intel HEX file gives its segments; what is not flashed is left out and said so", () => {
  const image = readImage(bytesOf(HEX), engine);
  expect(image.segments).toEqual([{ address: 0, length: 4 }]);
  expect(image.leftOut).toEqual([{ region: "uicr", address: 0x1000_1000, length: 4 }]);
  const digest = createHash("sha256")
    .update(Uint8Array.of(1, 2, 3, 4))
    .digest("hex");
  expect(image.sha256).toBe(digest);
});

test.each([
  ["outside the memory", RAW, 0x3_f000, /0x40000 to 0x4170f lie outside/],
  [
    "with a wrong checksum",
    bytesOf(":0400000001020304F3\n:00000001FF\n"),
    undefined,
    /line|record|checksum/i,
  ],
  ["for no region that is flashed", RAW.subarray(0, 16), 0x1000_1000, /nothing for the memory/],
])("E12 a file %s is refused before anybody is talked to", (_, file, address, reason) => {
  expect(() => readImage(file, engine, address)).toThrow(reason);
});

function descriptorOf(
  change: { hardwareId?: string; address?: number; bytes?: Uint8Array } = {},
): Uint8Array {
  const { hardwareId = engine.hardwareId, address = 0, bytes = RAW } = change;
  const sha256 = new Uint8Array(createHash("sha256").update(bytes).digest());
  const segments = [{ address, length: bytes.length, sha256 }];
  const fields = { hardwareId, version: "2.0.0", releaseCounter: 1, sha256, length: bytes.length, segments };
  return joinSignedDescriptor(encodeDescriptor(fields), new Uint8Array(64));
}

const plan = (descriptor: Uint8Array | undefined, profile: EcuProfile = engine) =>
  planFlash(profile, readImage(RAW, engine), { descriptor, activate: false, bitrate: 500_000 });

test("E12 a plan names version, blocks, steps and time", () => {
  const found = plan(descriptorOf());
  expect(found).toMatchObject({ version: "2.0.0", bytes: 10_000, blocks: 3 });
  expect(found.steps).toEqual(engine.programmingSequence);
  // 10,000 bytes at 225,000 bit/s, 3 sectors at 3 ms and 40 pages at 0.2 ms.
  expect(found.estimatedMs).toBe(373);
});

test("E12 --activate plans the trial and its commit too", () => {
  const options = { descriptor: descriptorOf(), activate: true, bitrate: 500_000 };
  const { steps } = planFlash(engine, readImage(RAW, engine), options);
  expect(steps.slice(-4)).toEqual(engine.commitSequence);
});

test.each([
  ["other hardware", { hardwareId: "OTHER" }, /its hardware id is OTHER/],
  ["another place", { address: 0x1000 }, /list of segments is 0x1000\+10000, but 0x0\+10000/],
  ["another length", { bytes: RAW.subarray(1) }, /its length is 9999/],
  ["other bytes", { bytes: new Uint8Array(10_000) }, /its SHA-256 is/],
])("E12 a descriptor of %s is refused before anybody is talked to", (_, change, reason) => {
  expect(() => plan(descriptorOf(change))).toThrow(reason);
});

test("E12 an ECU that checks a descriptor is not flashed without one, one that checks a digest is", () => {
  expect(() => plan(undefined)).toThrow(/checks a signed descriptor of the image, and none was given/);
  expect(plan(undefined, { ...engine, checkMemoryKind: "sha256" }).version).toBeUndefined();
});

function rig() {
  const clock = new VirtualClock();
  const ecu = new FakeEcu("ENG-1", clock);
  const profile = { ...engine, hardwareId: ecu.hardwareId };
  const image = imageToInstall(readImage(RAW, engine), undefined);
  const stages: string[] = [];
  const flash = (activate: boolean, signal?: AbortSignal) =>
    clock.run(
      flashEcu(ecu, profile, image, {
        activate,
        busUrl: "virtual:",
        signal,
        onStage: (stage) => stages.push(stage),
      }),
    );
  return { ecu, flash, image, stages, profile, clock };
}

test("E12 flash writes the inactive bank and leaves the running software alone", async () => {
  const { ecu, flash, image } = rig();
  const result = await flash(false);
  expect(result).toMatchObject({ transferredBytes: 10_000, status: { version: "1.0.0" } });
  expect([ecu.installed, ecu.phase]).toEqual([image.sha256, "checked"]);
});

test("E12 flash --activate starts on trial and commits", async () => {
  const { ecu, flash, image, stages } = rig();
  const result = await flash(true);
  expect(stages).toEqual(["identify", "flash", "activate", "commit"]);
  expect(result.status).toMatchObject({ version: "2.0.0", trialState: "none" });
  expect(ecu.committed).toBe(image.sha256);
});

test("E12 software that does not start is not committed, and said so by its code", async () => {
  const { ecu, flash } = rig();
  ecu.bootFails = true;
  await expect(flash(true)).rejects.toMatchObject({ code: "CONFIRM_BOOT_FAILED" });
  expect(ecu.calls).toEqual(["install", "activate"]);
});

test("E12 an ECU of other hardware is not written to", async () => {
  const { ecu, image, clock } = rig();
  const options = { activate: false, busUrl: "virtual:" };
  const flashing = clock.run(flashEcu(ecu, engine, image, options));
  await expect(flashing).rejects.toMatchObject({ code: "HARDWARE_MISMATCH" });
  expect(ecu.calls).toEqual([]);
});

test("E12 a silent ECU gets the failure code that HMI and console show, with what to do", async () => {
  const { ecu, flash } = rig();
  ecu.silent = true;
  await expect(flash(false)).rejects.toMatchObject({
    code: "FLASH_NO_ANSWER",
    help: expect.stringContaining("supply"),
  });
});

test("E12 an interrupted flash ends with the reason of the interruption", async () => {
  const { flash } = rig();
  await expect(flash(false, AbortSignal.abort(new RangeError("Ctrl-C")))).rejects.toThrow("Ctrl-C");
});
