import { InstallerError } from "@halfshaft/edge-agent/installer";
import type { BusFaults } from "@halfshaft/vehicle-net/can";
import { profileNamed } from "@halfshaft/vehicle-net/ecu";
import { expect, test } from "vitest";
import { oneEcuRig, withoutProcessingTime } from "../rig/one-ecu.ts";

const profile = withoutProcessingTime(profileNamed("body"));
const { requestId } = profile.addressing;
const oldImage = new Uint8Array(9000).fill(0x11);
const newImage = Uint8Array.from({ length: 30_000 }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
const BLOCKS = Math.ceil(newImage.length / (profile.transfer.maxBlockBytes - 2));

const rig = () => oneEcuRig({ profile, oldImage, newImage, bitrate: 500_000 });

/** The block counter where a frame begins a TransferData request of several frames (ISO 15765-2 first frame). */
function blockBegun(data: Uint8Array): number | undefined {
  return data[0]! >>> 4 === 1 && data[2] === 0x36 ? data[3] : undefined;
}

/** Loses the third consecutive frame of the first transmission of every block. */
function oneFramePerBlock(seen: number[]): BusFaults {
  let toLose = false;
  return ({ frame }) => {
    if (frame.id !== requestId) return undefined;
    const counter = blockBegun(frame.data);
    if (counter !== undefined) {
      toLose = !seen.includes(counter);
      seen.push(counter);
    }
    if (!toLose || frame.data[0] !== 0x23) return undefined;
    toLose = false;
    return "lose";
  };
}

test("E7 one lost frame in every block: each block is sent again with its counter, and the image is whole", async () => {
  const { clock, wire, ecu, installer, image } = await rig();
  const counters: number[] = [];
  wire.injectFaults(oneFramePerBlock(counters));
  const result = await clock.run(installer.install(image));
  expect(result.repeatedBlocks).toBe(BLOCKS);
  expect(counters).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8]);
  expect(ecu.state().imageSha256Of("B")).toBe(image.sha256);
});

test("E7 a block that is always lost ends the flash with its number; the old software keeps running", async () => {
  const { clock, wire, ecu, installer, image, oldSha256 } = await rig();
  let inSecondBlock = false;
  wire.injectFaults(({ frame }) => {
    if (frame.id !== requestId) return undefined;
    const counter = blockBegun(frame.data);
    if (counter !== undefined) inSecondBlock = counter === 2;
    return inSecondBlock && frame.data[0] === 0x23 ? "lose" : undefined;
  });
  const failed: unknown = await clock.run(installer.install(image).catch((error: unknown) => error));
  expect(failed).toBeInstanceOf(InstallerError);
  expect(failed).toMatchObject({ fault: "transfer-lost", operands: { block: 2, attempts: 4 } });
  const state = ecu.state();
  expect([state.activeBank, state.version, state.imageSha256Of("A")]).toEqual(["A", "1.0.0", oldSha256]);
});

test("E7 after a flash that was cut off, the next one goes on where the ECU says and ends with the image", async () => {
  const { clock, wire, ecu, installer, image } = await rig();
  wire.injectFaults(({ frame }) =>
    frame.id === requestId && blockBegun(frame.data) === 7 ? "lose" : undefined,
  );
  await clock.run(installer.install(image).catch(() => undefined));
  wire.injectFaults(() => undefined);
  const result = await clock.run(installer.install(image));
  expect(result.resumedAtBytes).toBeGreaterThan(0);
  expect(result.resumedAtBytes + result.transferredBytes).toBe(newImage.length);
  expect(ecu.state().imageSha256Of("B")).toBe(image.sha256);
});
