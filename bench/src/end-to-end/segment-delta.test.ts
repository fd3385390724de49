import { InstallerError, type InstallResult } from "@halfshaft/edge-agent/installer";
import { deltaCreator } from "@halfshaft/cloud-lite";
import { codeLikePair, inlineDeltaEngine, readSegmentPatches } from "@halfshaft/ota-format/delta";
import { type EcuProfile, profileNamed } from "@halfshaft/vehicle-net/ecu";
import fc from "fast-check";
import { expect, test } from "vitest";
import { deltaRig, type DeltaRig } from "../benchmarks/delta/delta-rig.ts";

/** Code and, far from it, a page of settings, as in a micro:bit: two segments, both flashed. */
const CODE = 0x7000_0000;
const SETTINGS = 0x1000_1000;
/** Short, so that a small patch takes many; a descriptor of two segments still fits. */
const BLOCK_BYTES = 250;
const adas = profileNamed("adas");
const profile: EcuProfile = {
  ...adas,
  memory: [
    { name: "settings", address: SETTINGS, length: 0x1000, flashed: true },
    { name: "code", address: CODE, length: 0x2_0000, flashed: true },
  ],
  transfer: { ...adas.transfer, maxBlockBytes: BLOCK_BYTES + 2 },
};

const code = codeLikePair(40_000, 7);
const settings = codeLikePair(900, 8);
const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat([...parts]));
const pair = { base: join(settings.base, code.base), result: join(settings.result, code.result) };
const at = (first: Uint8Array, second: Uint8Array) => [
  { address: SETTINGS, length: first.length },
  { address: CODE, length: second.length },
];
const segments = { old: at(settings.base, code.base), new: at(settings.result, code.result) };
const creator = deltaCreator(inlineDeltaEngine());
const file = await creator.create("detools", pair.base, pair.result, { segments: segments.new });
const patches = readSegmentPatches(file, file.length);
const patchBytes = patches.reduce((sum, { length }) => sum + length, 0);

const rigFor = (change: Partial<EcuProfile["transfer"]> = {}, bytes = file): Promise<DeltaRig> =>
  deltaRig(pair, bytes, { ...profile, transfer: { ...profile.transfer, ...change } }, segments);

const imageInB = ({ ecu }: DeltaRig) => ecu.state().imageSha256Of("B");

test("E5 an image of two segments goes as a patch for each, and the ECU runs it", async () => {
  const rig = await rigFor();
  const { clock, installer, ecu, image, deltaImage } = rig;
  const result = await clock.run(installer.install(deltaImage));
  expect(result).toEqual({
    kind: "detools",
    transferredBytes: patchBytes,
    resumedAtBytes: 0,
    repeatedBlocks: 0,
  });
  await clock.run(installer.activate());
  await clock.run(installer.commit());
  expect(ecu.state()).toMatchObject({ version: "2.0.0", activeBank: "B" });
  expect(imageInB(rig)).toBe(image.sha256);
});

test("E5 a segment of the new image may be made of what lay in another one of the old", async () => {
  const [first, second] = [code.base.subarray(0, 20_000), code.base.subarray(20_000)];
  const moved = { base: code.base, result: code.base };
  const split = [
    { address: SETTINGS, length: 3000 },
    { address: CODE, length: second.length + first.length - 3000 },
  ];
  const bytes = await creator.create("detools", moved.base, moved.result, { segments: split });
  expect(bytes.length).toBeLessThan(300);
  const old = [{ address: CODE, length: moved.base.length }];
  const rig = await deltaRig(moved, bytes, profile, { old, new: split });
  expect(await rig.clock.run(rig.installer.install(rig.deltaImage))).toMatchObject({ kind: "detools" });
  expect(imageInB(rig)).toBe(rig.image.sha256);
});

test("E5 a compressed image of two segments is unpacked by the ECU, whatever it runs", async () => {
  const nothing = new Uint8Array(0);
  const bytes = await creator.create("detools", nothing, pair.result, { segments: segments.new });
  const rig = await rigFor({}, bytes);
  const emptySha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const delta = { ...rig.deltaImage.delta!, baseSha256: emptySha256 };
  const result = await rig.clock.run(rig.installer.install({ ...rig.deltaImage, delta }));
  expect(result.kind).toBe("detools");
  expect(imageInB(rig)).toBe(rig.image.sha256);
});

test.each([0, 1])(
  "E5 where the patch of segment %d is damaged, the ECU finds out and is sent the whole image",
  async (segment) => {
    const { offset, length } = patches[segment]!;
    // Late, when pages of the segment are written already.
    const damagedAt = offset + Math.floor(length * 0.8);
    const damaged = file.map((byte, i) => (i === damagedAt ? byte ^ 4 : byte));
    const rig = await rigFor({}, damaged);
    const reasons: string[] = [];
    const onFallback = (reason: string) => reasons.push(reason);
    const result = await rig.clock.run(rig.installer.install(rig.deltaImage, { onFallback }));
    expect(result.kind).toBe("raw");
    expect(reasons).toHaveLength(1);
    expect(imageInB(rig)).toBe(rig.image.sha256);
  },
);

/** Cuts the power so long after the first block of a patch began to cross the bus, for half a second. */
function cutPowerOnce({ clock, wire, ecu, traffic }: DeltaRig, afterMs: number): () => void {
  const before = traffic.transferBytes;
  const unsubscribe = wire.onFrame(() => {
    if (traffic.transferBytes === before) return;
    unsubscribe();
    clock.after(afterMs, () => {
      ecu.powerOff();
      clock.after(500, () => ecu.powerOn());
    });
  });
  return unsubscribe;
}

async function tryInstall({ clock, ecu, installer, deltaImage }: DeltaRig): Promise<{
  answeredBytes: number;
  result?: InstallResult;
}> {
  let answeredBytes = 0;
  let result: InstallResult | undefined;
  const onProgress = ({ transferredBytes }: { transferredBytes: number }) =>
    (answeredBytes = transferredBytes);
  const onFallback = () => expect.unreachable();
  try {
    result = await clock.run(installer.install(deltaImage, { onProgress, onFallback }));
  } catch (error) {
    if (!(error instanceof InstallerError)) throw error;
  }
  await clock.advance(1000);
  await clock.run(ecu.answering());
  return { answeredBytes, result };
}

/** The answer to a request is lost with the power, once. */
function loseAnswer({ clock, wire, ecu }: DeltaRig, isIt: (data: Uint8Array) => boolean): void {
  let isDone = false;
  wire.injectFaults(({ frame }) => {
    if (isDone || frame.id !== profile.addressing.responseId || !isIt(frame.data)) return undefined;
    isDone = true;
    clock.after(0, () => ecu.powerOff());
    clock.after(500, () => ecu.powerOn());
    return "lose";
  });
}

test("E5 S4 power that goes when a segment is complete costs nothing: the next one goes on", async () => {
  const rig = await rigFor();
  // The first answer to 37.
  loseAnswer(rig, (data) => data[1] === 0x77);
  expect((await tryInstall(rig)).result).toBeUndefined();
  const { result } = await tryInstall(rig);
  expect(result).toMatchObject({
    kind: "detools",
    transferredBytes: patches[1]!.length,
    resumedAtBytes: patches[1]!.offset,
  });
  expect(imageInB(rig)).toBe(rig.image.sha256);
  expect(Math.max(...rig.ecu.state().wear.B)).toBe(1);
});

test.each([true, false])(
  "E5 S4 after power cuts at any time of two patches (decoder snapshots: %s) the image is right, nothing is erased twice",
  async (deltaSnapshots) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: 0, max: 500, noNaN: true }), { minLength: 1, maxLength: 4 }),
        async (cutsMs) => {
          const rig = await rigFor({ deltaSnapshots });
          let answered = 0;
          for (const cutMs of cutsMs) {
            const stop = cutPowerOnce(rig, cutMs);
            answered = Math.max(answered, (await tryInstall(rig)).answeredBytes);
            stop();
          }
          const { result } = await tryInstall(rig);
          expect(result?.kind).toBe("detools");
          if (deltaSnapshots) expect(result?.resumedAtBytes).toBeGreaterThanOrEqual(answered);
          expect(imageInB(rig)).toBe(rig.image.sha256);
          expect(Math.max(...rig.ecu.state().wear.B)).toBe(1);
        },
      ),
      { numRuns: 40 },
    );
  },
);
