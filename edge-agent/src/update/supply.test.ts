import { createHash } from "node:crypto";
import { createBsdiff40, joinSegmentPatches } from "@halfshaft/ota-format/delta";
import {
  type EcuDescriptor,
  encodeDescriptor,
  joinSignedDescriptor,
  NO_BASE,
} from "@halfshaft/ota-format/trust";
import { afterEach, expect, test } from "vitest";
import type { FakeEcus } from "../ecus/fake-ecus.ts";
import type { FetchFunction } from "../http/http.ts";
import { isFlashed } from "../journal/job-facts.ts";
import { statement, testEcuPlan, testPlan } from "../journal/testing.ts";
import type { EcuPlan, SignedFile } from "./plan-types.ts";
import { runUpdate } from "./run-update.ts";
import { createSteps } from "./steps.ts";
import { type TestWorld, testWorld } from "./testing.ts";

/** download, verify, patch and flash together, as the machine runs them. */

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const oldImage = Uint8Array.from({ length: 4000 }, (_, i) => (i * 13) & 0xff);
const newImage = oldImage.map((byte, i) => (i % 100 === 0 ? byte ^ 0xff : byte));
const delta = createBsdiff40(oldImage, newImage);
const segments = [{ address: 0x1000, length: newImage.length, sha256: digest(newImage) }];

const signed = (path: string, bytes: Uint8Array): SignedFile => ({
  path,
  length: bytes.length,
  hashes: { sha256: digest(bytes) },
});

function descriptorOf(changes: Partial<EcuDescriptor> = {}): string {
  const sha256 = createHash("sha256").update(newImage).digest();
  const bytes = encodeDescriptor({
    hardwareId: "HW-1",
    version: "2.0.0",
    releaseCounter: 1,
    sha256,
    length: newImage.length,
    segments: [{ address: 0x1000, length: newImage.length, sha256 }],
    ...changes,
  });
  return Buffer.from(joinSignedDescriptor(bytes, new Uint8Array(64))).toString("base64");
}

const ecu: EcuPlan = testEcuPlan("E1", {
  image: signed("images/full.bin", newImage),
  delta: {
    ...signed("transport/delta.bsdiff40", delta),
    format: "bsdiff40" as const,
    baseSha256: digest(oldImage),
  },
  segments,
  descriptor: descriptorOf(),
});

let world: TestWorld;
afterEach(() => world.powerOff());

/** Runs a job from its consent to the end of flash; what it asked for, and how it ended. */
async function supply(
  options: {
    ecu?: EcuPlan;
    files?: Record<string, Uint8Array>;
    withBase?: boolean;
    prepare?: (ecus: FakeEcus) => void;
  } = {},
): Promise<{ asked: string[]; failure?: string; flashed: boolean }> {
  const { ecu: planned = ecu, withBase = true } = options;
  const files: Record<string, Uint8Array> = { full: newImage, delta, ...options.files };
  const asked: string[] = [];
  const fetch: FetchFunction = async (url) => {
    const name = /\.(\w+)\.\w+$/.exec(url)?.[1] ?? "";
    asked.push(name);
    return new Response(Uint8Array.from(files[name]!));
  };
  world = await testWorld({ fetch });
  options.prepare?.(world.ecus);
  if (withBase) {
    const base = await world.staging.partial(digest(oldImage));
    await base.append(oldImage);
    await base.close();
    await world.staging.publish(digest(oldImage));
  }
  await world.journal.append(statement("plan done", { plan: testPlan(planned) }));
  await world.journal.append(statement("consent done", { answer: "ready" }));
  const steps = {
    ...createSteps(world),
    activate: () => new Promise<never>(() => {}),
    report: async () => {},
  };
  const running = runUpdate(steps, world.journal.facts, world.signal).catch(() => undefined);
  const over = new Promise<void>((resolve) => {
    world.journal.subscribe(({ ecuId, kind }) => {
      const hasFailed = ecuId === undefined && kind === "failed";
      if (hasFailed || isFlashed(world.journal.facts)) resolve();
    });
  });
  await world.clock.run(Promise.race([running, over]));
  const failed = world.journal.facts.findLast((fact) => fact.kind === "failed" && fact.ecuId === undefined);
  const flashed = world.ecus.named("E1").installed === digest(newImage);
  return { asked, failure: failed?.payload?.failure?.code, flashed };
}

test("E5 only the delta crosses the air; the full image is made of it and flashed", async () => {
  expect(await supply()).toEqual({ asked: ["delta"], failure: undefined, flashed: true });
});

test("E5 an ECU without a delta gets the full image", async () => {
  expect(await supply({ ecu: { ...ecu, delta: undefined } })).toMatchObject({
    asked: ["full"],
    flashed: true,
  });
});

test("E5 a compressed image is unpacked in the gateway, and needs no base there", async () => {
  const packed = createBsdiff40(new Uint8Array(0), newImage);
  const compressed = {
    ...signed("transport/packed.bsdiff40", packed),
    format: "bsdiff40" as const,
    baseSha256: NO_BASE.sha256,
  };
  const supplied = await supply({ ecu: { ...ecu, delta: compressed }, files: { packed }, withBase: false });
  expect(supplied).toEqual({ asked: ["packed"], failure: undefined, flashed: true });
});

test("E5 a base that is not in the gateway leads to the full image", async () => {
  expect(await supply({ withBase: false })).toMatchObject({ asked: ["delta", "full"], flashed: true });
  const failed = world.journal.facts.find((fact) => fact.step === "patch" && fact.kind === "failed");
  expect(failed?.payload?.failure).toMatchObject({ code: "PATCH_BASE_MISSING", ecuId: "E1" });
});

test("E5 a delta that is signed and corrupt leads to the full image, with its code on record", async () => {
  const corrupt = delta.slice(0, 60);
  const broken = {
    ...ecu,
    delta: {
      ...signed("transport/delta.bsdiff40", corrupt),
      format: "bsdiff40" as const,
      baseSha256: digest(oldImage),
    },
  };
  expect(await supply({ ecu: broken, files: { delta: corrupt } })).toMatchObject({
    asked: ["delta", "full"],
    flashed: true,
  });
  const failed = world.journal.facts.find((fact) => fact.step === "patch" && fact.kind === "failed");
  expect(failed?.payload?.failure?.code).toBe("PATCH_CORRUPT");
});

test("E5 a delta that gives another image than the signed one is not flashed", async () => {
  const other = createBsdiff40(oldImage, newImage.toReversed());
  const wrong = {
    ...ecu,
    delta: {
      ...signed("transport/delta.bsdiff40", other),
      format: "bsdiff40" as const,
      baseSha256: digest(oldImage),
    },
  };
  expect(await supply({ ecu: wrong, files: { delta: other } })).toMatchObject({
    asked: ["delta", "full"],
    flashed: true,
  });
  const failed = world.journal.facts.find((fact) => fact.step === "patch" && fact.kind === "failed");
  expect(failed?.payload?.failure?.code).toBe("PATCH_RESULT_MISMATCH");
});

const forEcu = Uint8Array.from({ length: 300 }, (_, i) => i & 0xff);
const forEcuPlan = testEcuPlan("E1", {
  ...ecu,
  delta: {
    ...signed("transport/delta.detools", forEcu),
    format: "detools" as const,
    baseSha256: digest(oldImage),
  },
});

test("E5 an ECU that applies its delta itself gets the patch, and the gateway no image", async () => {
  const done = await supply({ ecu: forEcuPlan, files: { delta: forEcu }, withBase: false });
  expect(done).toEqual({ asked: ["delta"], failure: undefined, flashed: true });
  const flashed = world.journal.facts.find(
    ({ step, kind, ecuId }) => step === "flash" && kind === "done" && ecuId === "E1",
  );
  expect(flashed?.payload?.bytes).toBe(300);
  expect(world.journal.facts.filter(({ step, ecuId }) => step === "patch" && ecuId)).toEqual([]);
});

test("E5 an ECU that does not take its delta gets the full image, with the reason on record", async () => {
  const done = await supply({
    ecu: forEcuPlan,
    files: { delta: forEcu },
    prepare: (ecus) => (ecus.named("E1").refusesDeltas = true),
  });
  expect(done).toEqual({ asked: ["delta", "full"], failure: undefined, flashed: true });
  const failed = world.journal.facts.filter(({ kind }) => kind === "failed");
  expect(failed.map(({ step, ecuId, payload }) => [step, ecuId, payload?.failure?.code])).toEqual([
    ["flash", "E1", "FLASH_DELTA_REFUSED"],
  ]);
});

const half = newImage.length / 2;
const [low, high] = [newImage.subarray(0, half), newImage.subarray(half)];
const twoSegments = [
  { address: 0x1000, length: half, sha256: digest(low) },
  { address: 0x8000, length: half, sha256: digest(high) },
];
const patchesFor = (...addresses: readonly number[]): Uint8Array =>
  joinSegmentPatches(addresses.map((address) => ({ address, patch: forEcu })));
const twoSegmentPlan = (file: Uint8Array) =>
  testEcuPlan("E1", {
    ...forEcuPlan,
    segments: twoSegments,
    descriptor: descriptorOf({
      segments: twoSegments.map((segment) => ({ ...segment, sha256: Buffer.from(segment.sha256, "hex") })),
    }),
    delta: { ...forEcuPlan.delta!, ...signed("transport/delta.detools", file) },
  });

test("E5 an image of two segments goes to its ECU as a patch for each", async () => {
  const file = patchesFor(0x1000, 0x8000);
  const done = await supply({ ecu: twoSegmentPlan(file), files: { delta: file }, withBase: false });
  expect(done).toEqual({ asked: ["delta"], failure: undefined, flashed: true });
  const sha256 = digest(forEcu);
  expect(world.ecus.named("E1").patches).toEqual([
    { address: 0x1000, offset: 85, length: 300, sha256 },
    { address: 0x8000, offset: 385, length: 300, sha256 },
  ]);
});

test.each([
  ["for other segments", patchesFor(0x1000, 0x9000)],
  ["for one segment", patchesFor(0x1000)],
  ["without an index", forEcu],
])("E5 patches %s are of no use to an image of two: the full image goes", async (_what, file) => {
  const done = await supply({ ecu: twoSegmentPlan(file), files: { delta: file }, withBase: false });
  expect(done).toEqual({ asked: ["delta", "full"], failure: undefined, flashed: true });
  const failed = world.journal.facts.filter(({ kind }) => kind === "failed");
  expect(failed.map(({ payload }) => payload?.failure?.code)).toEqual(["FLASH_DELTA_REFUSED"]);
});

test("E5 an ECU that falls silent over its delta ends the job as over any image", async () => {
  const done = await supply({
    ecu: forEcuPlan,
    files: { delta: forEcu },
    prepare: (ecus) => (ecus.named("E1").silent = true),
  });
  expect(done).toEqual({ asked: ["delta"], failure: "FLASH_NO_ANSWER", flashed: false });
});

test("T2 a delta for an ECU that was changed after it was signed never reaches the bus", async () => {
  const tampered = forEcu.with(40, forEcu[40]! ^ 1);
  const done = await supply({ ecu: forEcuPlan, files: { delta: tampered } });
  expect(done).toEqual({ asked: ["delta"], failure: "VERIFY_DIGEST_MISMATCH", flashed: false });
  expect(world.ecus.named("E1").calls).toEqual([]);
});

test("T2 a delta that was changed after it was signed ends the job before anything is flashed", async () => {
  const tampered = delta.with(40, delta[40]! ^ 1);
  expect(await supply({ files: { delta: tampered } })).toEqual({
    asked: ["delta"],
    failure: "VERIFY_DIGEST_MISMATCH",
    flashed: false,
  });
  expect(world.ecus.named("E1").calls).toEqual([]);
});

test("T2 an image that was changed after it was signed ends the job before anything is flashed", async () => {
  const full = newImage.with(7, newImage[7]! ^ 1);
  const result = await supply({ ecu: { ...ecu, delta: undefined }, files: { full } });
  expect(result).toEqual({ asked: ["full"], failure: "VERIFY_DIGEST_MISMATCH", flashed: false });
});

test("T2 a refused file is not kept: the next attempt fetches it anew", async () => {
  const full = newImage.with(7, newImage[7]! ^ 1);
  await supply({ ecu: { ...ecu, delta: undefined }, files: { full } });
  expect((await world.staging.partial(digest(newImage))).length).toBe(0);
});

const descriptors: readonly (readonly [string, Partial<EcuPlan>])[] = [
  ["says another version than the metadata", { descriptor: descriptorOf({ version: "2.0.1" }) }],
  ["names other segments", { segments: [{ ...segments[0]!, address: 0x2000 }] }],
  ["is for another hardware", { hardwareId: "HW-2" }],
  ["is no descriptor", { descriptor: Buffer.alloc(200).toString("base64") }],
  ["is cut off", { descriptor: "AAAA" }],
];

test.each(descriptors)("E15 a descriptor that %s is refused before flashing", async (_what, changes) => {
  const result = await supply({ ecu: { ...ecu, ...changes } });
  expect([result.failure, result.flashed]).toEqual(["VERIFY_DESCRIPTOR_INVALID", false]);
});
