import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { applyBsdiff40, applyDetools, inlineDeltaEngine } from "@halfshaft/ota-format/delta";
import {
  CODE,
  firmware,
  halfDelta,
  HARDWARE,
  publishRelease,
  registerVehicle,
  startCampaign,
  testCloud,
  type TestCloud,
} from "../../testing.ts";
import { deltaCreator, type DeltaCreator } from "./delta-creator.ts";
import type { Delta } from "../schema.ts";

let fixture: TestCloud;
beforeEach(async () => {
  fixture = await testCloud();
});
afterEach(() => fixture.close());

/** Another cloud, whose deltas are made so. */
async function withCreator(creator: DeltaCreator): Promise<void> {
  await fixture.close();
  fixture = await testCloud({ deltaCreator: creator });
}

/** Two releases, the second wanted by a vehicle that has not said what it runs. */
async function twoReleases() {
  const old = await publishRelease(fixture, "1.0.0", firmware(1));
  const fresh = await publishRelease(fixture, "2.0.0", firmware(2));
  await registerVehicle(fixture, "car");
  await startCampaign(fixture, fresh.releaseId, ["car"]);
  return { old, fresh };
}

const allOf = async (releaseId: string): Promise<Delta[]> =>
  (await fixture.call("GET", `/api/v1/releases/${releaseId}/deltas`)).data() as Delta[];
const deltasOf = async (releaseId: string): Promise<Delta[]> =>
  (await allOf(releaseId)).filter(({ baseSha256 }) => baseSha256 !== undefined);
const compressedOf = async (releaseId: string): Promise<Delta[]> =>
  (await allOf(releaseId)).filter(({ baseSha256 }) => baseSha256 === undefined);

test("U5 deltas are made in both formats, and listed with size and digest", async () => {
  const { old, fresh } = await twoReleases();
  await fixture.cloud.deltas.idle();
  const sha256 = createHash("sha256").update(firmware(2).subarray(0, 2048)).digest("hex");
  const common = {
    hardwareId: HARDWARE,
    baseVersion: "1.0.0",
    baseSha256: old.sha256,
    version: "2.0.0",
    resultSha256: fresh.sha256,
    state: "made",
    length: 2048,
    sha256,
    fullLength: 4096,
    failures: 0,
  };
  expect((await deltasOf(fresh.releaseId)).map(({ deltaId: _id, ...delta }) => delta)).toEqual([
    { ...common, format: "bsdiff40" },
    { ...common, format: "detools" },
  ]);
});

test("U5 what liblzma compresses for an ECU gives the new image", async () => {
  await withCreator(deltaCreator(inlineDeltaEngine()));
  const { fresh } = await twoReleases();
  await fixture.cloud.deltas.idle();
  const { sha256 } = (await deltasOf(fresh.releaseId)).find(({ format }) => format === "detools")!;
  const patch = await fixture.cloud.artifacts.read(sha256!);
  expect(patch.length).toBeLessThan(2048);
  expect(applyDetools(firmware(1), patch, { maxResultBytes: 4096 })).toEqual(new Uint8Array(firmware(2)));
});

test("U5 every released image is also made compressed, in both formats, whatever the fleet runs", async () => {
  await withCreator(deltaCreator(inlineDeltaEngine()));
  const { releaseId } = await publishRelease(fixture, "1.0.0", firmware(1));
  await fixture.cloud.deltas.idle();
  const made = await compressedOf(releaseId);
  expect(made).toMatchObject([
    { format: "bsdiff40", state: "made", version: "1.0.0" },
    { format: "detools", state: "made", version: "1.0.0" },
  ]);
  const image = new Uint8Array(firmware(1));
  const nothing = new Uint8Array(0);
  const [forGateway, forEcu] = await Promise.all(
    made.map(({ sha256 }) => fixture.cloud.artifacts.read(sha256!)),
  );
  expect(Buffer.concat([...applyBsdiff40(nothing, forGateway!, { maxResultBytes: 4096 })])).toEqual(
    Buffer.from(image),
  );
  expect(applyDetools(nothing, forEcu!, { maxResultBytes: 4096 })).toEqual(image);
});

test("U5 two releases of the same bytes share what is made for them", async () => {
  await publishRelease(fixture, "1.0.0", firmware(1));
  await fixture.cloud.deltas.idle();
  const again = await publishRelease(fixture, "1.0.1", firmware(1));
  await fixture.cloud.deltas.idle();
  expect(fixture.errors).toEqual([]);
  expect(await compressedOf(again.releaseId)).toMatchObject([
    { format: "bsdiff40", state: "made", length: 2048 },
    { format: "detools", state: "made", length: 2048 },
  ]);
});

test("U5 whoever makes a delta is told the segments of the image, since an ECU gets one patch for each", async () => {
  const told: unknown[] = [];
  await withCreator({
    create(format, base, result, options) {
      told.push(options?.segments);
      return halfDelta.create(format, base, result);
    },
  });
  const { sha256 } = await publishRelease(fixture, "1.0.0", firmware(1));
  await fixture.cloud.deltas.idle();
  const segments = [{ address: CODE.address, length: 4096, sha256 }];
  expect(told).toEqual([segments, segments]);
});

test("U5 deltas are made before compressed images, even of releases that came earlier", async () => {
  const order: number[] = [];
  const goOn = Promise.withResolvers<void>();
  await withCreator({
    async create(format, base, result) {
      order.push(base.length);
      await goOn.promise;
      return halfDelta.create(format, base, result);
    },
  });
  await twoReleases();
  goOn.resolve();
  await fixture.cloud.deltas.idle();
  // The very first was begun before there was a second release.
  expect(order).toEqual([0, 4096, 4096, 0, 0, 0]);
});

test("U5 a delta that fails is tried again after a pause, and the release stands", async () => {
  let attempts = 0;
  await withCreator({
    async create(...given) {
      if (given[1].length === 0) return halfDelta.create(...given);
      attempts += 1;
      if (attempts <= 2) throw new RangeError("out of memory");
      return halfDelta.create(...given);
    },
  });
  const { fresh } = await twoReleases();
  await fixture.cloud.deltas.idle();
  const retryAt = fixture.clock.at + 60_000;
  expect(await deltasOf(fresh.releaseId)).toMatchObject([
    { state: "pending", failure: "out of memory", failures: 1, retryAt },
    { state: "pending", failures: 1 },
  ]);
  fixture.clock.at = retryAt;
  fixture.cloud.deltas.wake();
  await fixture.cloud.deltas.idle();
  expect(await deltasOf(fresh.releaseId)).toMatchObject([{ state: "made" }, { state: "made" }]);
});

test("U5 a delta that has failed three times is given up until somebody asks for it", async () => {
  let isBroken = true;
  await withCreator({
    create: (...given) =>
      isBroken ? Promise.reject(new RangeError("out of memory")) : halfDelta.create(...given),
  });
  const { fresh } = await twoReleases();
  for (let minutes = 0; minutes < 3; minutes += 1) {
    await fixture.cloud.deltas.idle();
    fixture.clock.at += 600_000;
    fixture.cloud.deltas.wake();
  }
  await fixture.cloud.deltas.idle();
  const [failed] = await deltasOf(fresh.releaseId);
  expect(failed).toMatchObject({ state: "failed", failures: 3, failure: "out of memory" });
  isBroken = false;
  const path = `/api/v1/releases/${fresh.releaseId}/deltas/${failed!.deltaId}/retry`;
  expect((await fixture.call("POST", path)).data()).toMatchObject({ state: "pending", failures: 0 });
  await fixture.cloud.deltas.idle();
  expect(await deltasOf(fresh.releaseId)).toMatchObject([{ state: "made" }, { state: "failed" }]);
});

test("U5 a delta that nobody knows cannot be retried", async () => {
  const { fresh } = await twoReleases();
  const path = `/api/v1/releases/${fresh.releaseId}/deltas/0193f3a0-7c00-7abc-8def-0123456789ab/retry`;
  expect((await fixture.call("POST", path)).problem()).toMatchObject({ status: 404, code: "DELTA_UNKNOWN" });
});

test("U5 the list says how far the delta is that is being made", async () => {
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  await withCreator({
    async create(format, base, result, options) {
      if (base.length === 0) return halfDelta.create(format, base, result);
      options?.onProgress?.(0.4);
      begun.resolve();
      await goOn.promise;
      return halfDelta.create(format, base, result);
    },
  });
  const { fresh } = await twoReleases();
  await begun.promise;
  expect(await deltasOf(fresh.releaseId)).toMatchObject([
    { state: "pending", progress: 0.4 },
    { state: "pending" },
  ]);
  goOn.resolve();
  await fixture.cloud.deltas.idle();
});

test("U5 what was being made when the cloud stopped stays pending", async () => {
  const begun = Promise.withResolvers<void>();
  await withCreator({
    create: (format, base, result, options) =>
      new Promise((resolve, reject) => {
        if (base.length === 0) resolve(halfDelta.create(format, base, result));
        else begun.resolve();
        options!.signal!.addEventListener("abort", () => reject(options!.signal!.reason as Error));
      }),
  });
  const { fresh } = await twoReleases();
  await begun.promise;
  await fixture.cloud.deltas.close();
  expect(await deltasOf(fresh.releaseId)).toMatchObject([{ state: "pending", failures: 0 }, {}]);
});
