import { createHash } from "node:crypto";
import { inlineDeltaEngine } from "@halfshaft/ota-format/delta";
import { NO_BASE } from "@halfshaft/ota-format/trust";
import { expect, test } from "vitest";
import { testEcuPlan } from "../journal/testing.ts";
import { testWorld } from "../update/testing.ts";
import type { EcuPlan } from "../update/plan-types.ts";
import { makeMissingImages } from "./missing-images.ts";

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const image = Uint8Array.from({ length: 1000 }, (_, i) => i >> 3);
/** The image compressed, as an ECU takes it: made by `createDetools` from nothing, with liblzma. */
const packed = new Uint8Array(
  Buffer.from(
    "01a80f0100100000ffffffffffffffff000063898e908f7d6b29a61b6dda9bad4f4da829202687ed9bb56c0af6fec1d7" +
      "d5416ccf13bf5a1b427b79bfca0b312e25a90a94febabf566638f0d50c2869c0dc3bba9610c37438bc0fbb7fbac7f553" +
      "6e52d8d59113090a3d22680891289939b9a4d17164eafbb77cbc2464078751a5302a298ff30cf7f57e610456cfd36930" +
      "4619d73e832621fffeedc000",
    "hex",
  ),
);
const signed = (path: string, bytes: Uint8Array) => ({
  path,
  length: bytes.length,
  hashes: { sha256: digest(bytes) },
});
const planWith = (patch: Uint8Array, baseSha256: string = NO_BASE.sha256): EcuPlan =>
  testEcuPlan("E1", {
    image: signed("images/new.bin", image),
    delta: { ...signed("transport/patch.detools", patch), format: "detools", baseSha256 },
  });

/** With this file in the staging folder; answers what is there of the image afterwards. */
async function afterUpdate(ecu: EcuPlan, file?: Uint8Array): Promise<Uint8Array | undefined> {
  const { staging, clock, log, signal } = await testWorld();
  const work = async (): Promise<Uint8Array | undefined> => {
    if (file !== undefined) {
      const partial = await staging.partial(digest(file));
      await partial.append(file);
      await partial.close();
      await staging.publish(digest(file));
    }
    await makeMissingImages([ecu], { staging, deltas: inlineDeltaEngine(), clock, log }, signal);
    const sha256 = digest(image);
    return (await staging.length(sha256)) === undefined ? undefined : staging.read(sha256);
  };
  return clock.run(work());
}

test("E5 the image that an ECU made of a patch is made in the gateway too, for its next delta", async () => {
  expect(await afterUpdate(planWith(packed), packed)).toEqual(image);
});

const damaged = packed.with(100, packed[100]! ^ 1);

test.each([
  ["without the patch", planWith(packed), undefined],
  ["without the base", planWith(packed, "b0".repeat(32)), packed],
  ["with a patch that makes something else", planWith(damaged), damaged],
  ["with a patch that breaks off", planWith(packed.subarray(0, 90)), packed.subarray(0, 90)],
  ["with a delta for the gateway", { ...planWith(packed), delta: undefined }, packed],
])("E5 %s the gateway goes without", async (_how, ecu, file) => {
  expect(await afterUpdate(ecu, file)).toBeUndefined();
});
