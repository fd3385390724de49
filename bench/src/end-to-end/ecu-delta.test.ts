import { InstallerError, type InstallResult } from "@halfshaft/edge-agent/installer";
import { codeLikePair } from "@halfshaft/ota-format/delta";
import { type EcuProfile, profileNamed } from "@halfshaft/vehicle-net/ecu";
import fc from "fast-check";
import { expect, test } from "vitest";
import { deltaRig, type DeltaRig, patchFor } from "../benchmarks/delta/delta-rig.ts";

const adas = profileNamed("adas");
/** Short blocks, so that a small patch takes many. */
const BLOCK_BYTES = 200;
const profile: EcuProfile = { ...adas, transfer: { ...adas.transfer, maxBlockBytes: BLOCK_BYTES + 2 } };
const pair = codeLikePair(40_000, 5);
const patch = await patchFor(pair);

const rigFor = (change: Partial<EcuProfile["transfer"]> = {}, bytes = patch): Promise<DeltaRig> =>
  deltaRig(pair, bytes, { ...profile, transfer: { ...profile.transfer, ...change } });

const imageInB = ({ ecu }: DeltaRig) => ecu.state().imageSha256Of("B");

test("E5 a whole update by delta: the patch crosses the bus, the ECU runs the new image and keeps it", async () => {
  const rig = await rigFor();
  const { clock, installer, ecu, deltaImage } = rig;
  const progress: number[] = [];
  const onProgress = ({ transferredBytes }: { transferredBytes: number }) => progress.push(transferredBytes);
  const result = await clock.run(installer.install(deltaImage, { onProgress }));
  expect(result).toEqual({
    kind: "detools",
    transferredBytes: patch.length,
    resumedAtBytes: 0,
    repeatedBlocks: 0,
  });
  expect(progress.at(-1)).toBe(patch.length);
  await clock.run(installer.activate());
  await clock.run(installer.commit());
  const { version, activeBank } = ecu.state();
  expect([version, activeBank, imageInB(rig)]).toEqual(["2.0.0", "B", deltaImage.sha256]);
});

test("E5 installing again what the ECU has checked already sends nothing", async () => {
  const { clock, installer, deltaImage } = await rigFor();
  await clock.run(installer.install(deltaImage));
  const again = await clock.run(installer.install(deltaImage));
  expect(again).toMatchObject({ kind: "detools", transferredBytes: 0, resumedAtBytes: patch.length });
});

test("E5 an ECU that runs another image than the delta's base is sent the image itself", async () => {
  const rig = await rigFor();
  const { clock, installer, image, deltaImage } = rig;
  const delta = { ...deltaImage.delta!, baseSha256: "00".repeat(32) };
  const reasons: string[] = [];
  const options = { onFallback: (reason: string) => reasons.push(reason) };
  const result = await clock.run(installer.install({ ...image, delta }, options));
  expect(result).toMatchObject({ kind: "raw", transferredBytes: pair.result.length });
  expect(reasons).toEqual(["the active bank does not hold the image that the delta starts from"]);
  expect(imageInB(rig)).toBe(image.sha256);
});

test("E5 where the image itself is not at hand, a delta that is refused ends the installation with its reason", async () => {
  const { clock, installer, image, deltaImage } = await rigFor();
  const delta = { ...deltaImage.delta!, baseSha256: "00".repeat(32) };
  const source = {
    length: image.source.length,
    read: () => Promise.reject(new RangeError("not downloaded")),
  };
  const failed = clock.run(installer.install({ ...image, source, delta }));
  await expect(failed).rejects.toBeInstanceOf(InstallerError);
  await expect(failed).rejects.toMatchObject({ fault: "image-rejected", message: /active bank/ });
});

test("E5 a damaged patch is found out by the ECU, and the image itself is sent", async () => {
  const damaged = patch.map((byte, i) => (i === 200 ? byte ^ 4 : byte));
  const rig = await rigFor({}, damaged);
  const result = await rig.clock.run(rig.installer.install(rig.deltaImage));
  expect(result.kind).toBe("raw");
  expect(result.transferredBytes).toBeGreaterThan(pair.result.length);
  expect(imageInB(rig)).toBe(rig.image.sha256);
});

test("S3 an ECU without the RAM for the decoder is sent the image itself", async () => {
  const rig = await rigFor({ deltaRamBytes: 4096 });
  const result = await rig.clock.run(rig.installer.install(rig.deltaImage));
  expect([result.kind, imageInB(rig)]).toEqual(["raw", rig.image.sha256]);
});

test("E5 an ECU whose profile knows no patches is sent the image itself, and nothing is asked", async () => {
  const rig = await rigFor({ dataFormats: { raw: 0 } });
  const onFallback = () => expect.unreachable();
  const result = await rig.clock.run(rig.installer.install(rig.deltaImage, { onFallback }));
  expect([result.kind, imageInB(rig)]).toEqual(["raw", rig.image.sha256]);
});

test("E7 a block of a patch that is lost is sent again with its counter", async () => {
  const rig = await rigFor();
  let toLose = 1;
  rig.wire.injectFaults(({ frame }) => {
    const isThirdBlock = frame.data[2] === 0x36 && frame.data[3] === 3;
    return isThirdBlock && toLose-- > 0 ? "lose" : undefined;
  });
  const result = await rig.clock.run(rig.installer.install(rig.deltaImage));
  expect(result).toMatchObject({ kind: "detools", transferredBytes: patch.length, repeatedBlocks: 1 });
  expect(imageInB(rig)).toBe(rig.image.sha256);
});

/** Cuts the power so long after a block of the patch began to cross the bus, for half a second. */
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

/** Bytes of the patch that were answered in this installation, and what became of it. */
async function tryInstall({ clock, ecu, installer, deltaImage }: DeltaRig) {
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

test("E5 S4 a power cut that takes the answer to 37 with it leaves nothing to send", async () => {
  const rig = await rigFor();
  const { clock, wire, ecu } = rig;
  wire.injectFaults(({ frame }) => {
    if (frame.id !== profile.addressing.responseId || frame.data[1] !== 0x77) return undefined;
    clock.after(0, () => ecu.powerOff());
    clock.after(500, () => ecu.powerOn());
    return "lose";
  });
  expect((await tryInstall(rig)).result).toBeUndefined();
  const { result } = await tryInstall(rig);
  expect(result).toMatchObject({ kind: "detools", transferredBytes: 0, resumedAtBytes: patch.length });
  expect(imageInB(rig)).toBe(rig.image.sha256);
  expect(Math.max(...ecu.state().wear.B)).toBe(1);
});

test("E5 S4 after power cuts at any time of a delta only the block under way is sent again, and the image is right", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.double({ min: 0, max: 250, noNaN: true }), { minLength: 1, maxLength: 4 }),
      async (cutsMs) => {
        const rig = await rigFor();
        let answered = 0;
        for (const cutMs of cutsMs) {
          const stop = cutPowerOnce(rig, cutMs);
          answered = Math.max(answered, (await tryInstall(rig)).answeredBytes);
          stop();
        }
        const { result } = await tryInstall(rig);
        expect(result?.kind).toBe("detools");
        expect(result?.resumedAtBytes).toBeGreaterThanOrEqual(answered);
        expect(imageInB(rig)).toBe(rig.image.sha256);
        // Erased once, before the first block; never again.
        expect(Math.max(...rig.ecu.state().wear.B)).toBe(1);
      },
    ),
    { numRuns: 100 },
  );
});
