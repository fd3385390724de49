import { mkdtemp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createPublicKey, verify } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Updater } from "tuf-js";
import { DownloadHTTPError } from "tuf-js/dist/error.js";
import { BaseFetcher } from "tuf-js/dist/fetcher.js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSignedDescriptor, transportTargetName } from "@halfshaft/ota-format/trust";
import {
  firmware,
  HARDWARE,
  publishRelease,
  registerVehicle,
  startCampaign,
  testCloud,
  type TestCloud,
} from "../testing.ts";

let fixture: TestCloud;
let device: string;
let folder: string;
beforeEach(async () => {
  // Stock tuf-js reads the wall clock.
  fixture = await testCloud({ at: Date.now() });
  device = await registerVehicle(fixture, "car");
  folder = await mkdtemp(join(tmpdir(), "halfshaft-tuf-"));
});
afterEach(async () => {
  await fixture.close();
  await rm(folder, { recursive: true });
});

/** Stock tuf-js over injected requests. */
class InjectFetcher extends BaseFetcher {
  override async fetch(url: string): Promise<ReadableStream> {
    const answer = await fixture.call("GET", new URL(url).pathname, { token: device });
    if (answer.status !== 200) throw new DownloadHTTPError(`${url}: ${answer.status}`, answer.status);
    return new Blob([answer.bytes]).stream();
  }
}

/** An updater with the root of a repository pinned. */
async function updater(repository: string): Promise<Updater> {
  const url = `http://cloud/repo/${repository}`;
  const name = repository.replaceAll("/", "-");
  const metadataDir = join(folder, name, "metadata");
  const targetDir = join(folder, name, "targets");
  await mkdir(metadataDir, { recursive: true });
  await mkdir(targetDir, { recursive: true });
  const pinned = await readFile(join(metadataDir, "root.json")).catch(() => undefined);
  if (!pinned) {
    const root = await fixture.call("GET", `/repo/${repository}/metadata/1.root.json`, { token: device });
    await writeFile(join(metadataDir, "root.json"), root.bytes);
  }
  return new Updater({
    metadataDir,
    metadataBaseUrl: `${url}/metadata`,
    targetDir,
    targetBaseUrl: `${url}/targets`,
    fetcher: new InjectFetcher(),
  });
}

test("E3 stock tuf-js accepts the Image repository and downloads an image from it", async () => {
  const { sha256 } = await publishRelease(fixture, "2.0.0", firmware(2));
  const tuf = await updater("image");
  await tuf.refresh();
  const target = (await tuf.getTargetInfo(`images/${HARDWARE}_2.0.0.bin`))!;
  expect(target.hashes.sha256).toBe(sha256);
  expect(target.custom).toMatchObject({
    hardwareId: HARDWARE,
    version: "2.0.0",
    releaseCounter: 1,
    segments: [{ address: 0x1000, length: 4096 }],
  });
  const path = await tuf.downloadTarget(target, join(folder, "image.bin"));
  expect(await readFile(path)).toEqual(firmware(2));
});

test("U4 the descriptor in the image's target opens with the descriptor key", async () => {
  await publishRelease(fixture, "2.0.0", firmware(2));
  const tuf = await updater("image");
  const { descriptor } = (await tuf.getTargetInfo(`images/${HARDWARE}_2.0.0.bin`))!.custom;
  const { publicKey } = fixture.cloud.signers.descriptor;
  const opened = openSignedDescriptor(
    Buffer.from(String(descriptor), "base64"),
    publicKey,
    (signature, message, key) => {
      const jwk = { kty: "OKP", crv: "Ed25519", x: Buffer.from(key).toString("base64url") };
      return verify(null, message, createPublicKey({ key: jwk, format: "jwk" }), signature);
    },
  );
  expect(opened).toMatchObject({ hardwareId: HARDWARE, version: "2.0.0", releaseCounter: 1, length: 4096 });
});

test("U5 stock tuf-js finds a delta through the delegation of transport", async () => {
  const old = await publishRelease(fixture, "1.0.0", firmware(1));
  const fresh = await publishRelease(fixture, "2.0.0", firmware(2));
  await fixture.cloud.deltas.idle();
  expect(fixture.errors).toEqual([]);
  const tuf = await updater("image");
  await tuf.refresh();
  const target = (await tuf.getTargetInfo(transportTargetName(old.sha256, fresh.sha256, "bsdiff40")))!;
  expect(target.custom).toEqual({
    format: "bsdiff40",
    base: { sha256: old.sha256, length: 4096 },
    result: { sha256: fresh.sha256, length: 4096 },
  });
  const path = await tuf.downloadTarget(target, join(folder, "delta"));
  expect((await readFile(path)).length).toBe(2048);
});

test("T1 the key of transport cannot sign an image", async () => {
  await publishRelease(fixture, "2.0.0", firmware(2));
  const { cloud } = fixture;
  await cloud.db
    .updateTable("tufTargets")
    .set({ role: "transport" })
    .where("path", "=", `images/${HARDWARE}_2.0.0.bin`)
    .execute();
  const { imageScope, signImageRepository } = await import("./image-repository.ts");
  const { organisationId } = await cloud.db.selectFrom("organisations").selectAll().executeTakeFirstOrThrow();
  await cloud.db
    .transaction()
    .execute((tx) =>
      signImageRepository(imageScope(tx, organisationId, cloud.now()), cloud.signers, [
        "targets",
        "transport",
      ]),
    );
  const tuf = await updater("image");
  await tuf.refresh();
  expect(await tuf.getTargetInfo(`images/${HARDWARE}_2.0.0.bin`)).toBeUndefined();
});

test("E3 a vehicle without a job has a Director repository with its id and no targets", async () => {
  const tuf = await updater("director/car");
  await tuf.refresh();
  const latest = await fixture.call("GET", "/repo/director/car/metadata/1.targets.json", { token: device });
  expect(latest.json()).toMatchObject({ signed: { targets: {}, custom: { vehicleId: "car" } } });
});

test("E3 the Director names the ECU, the release and the job; filename, length and hashes agree with Image", async () => {
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  await startCampaign(fixture, releaseId, ["car"]);
  const { jobId } = (await fixture.call("GET", "/api/v1/device/offer", { token: device })).data() as {
    jobId: string;
  };
  const name = `images/${HARDWARE}_2.0.0.bin`;
  const director = (await (await updater("director/car")).getTargetInfo(name))!;
  const image = (await (await updater("image")).getTargetInfo(name))!;
  expect(director.custom).toEqual({
    ecuIdentifiers: { "ENG-car": { hardwareId: HARDWARE } },
    releaseCounter: 1,
    releaseId,
    jobId,
  });
  expect({ length: director.length, hashes: director.hashes }).toEqual({
    length: image.length,
    hashes: image.hashes,
  });
});

test("E3 a client that has read before accepts what is signed later: versions only rise", async () => {
  const first = await updater("director/car");
  await first.refresh();
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  await startCampaign(fixture, releaseId, ["car"]);
  await fixture.call("GET", "/api/v1/device/offer", { token: device });
  const second = await updater("director/car");
  await second.refresh();
  expect(await second.getTargetInfo(`images/${HARDWARE}_2.0.0.bin`)).toBeDefined();
});

test("T1 metadata past half of its life is signed anew when it is asked for", async () => {
  const versions = async (repository: string): Promise<unknown> => {
    const answer = await fixture.call("GET", `/repo/${repository}/metadata/timestamp.json`, {
      token: device,
    });
    return (answer.json() as { signed: { version: number } }).signed.version;
  };
  expect([await versions("image"), await versions("director/car")]).toEqual([1, 1]);
  fixture.clock.at += 11 * 60 * 60 * 1000;
  expect([await versions("image"), await versions("director/car")]).toEqual([1, 1]);
  fixture.clock.at += 2 * 60 * 60 * 1000;
  expect([await versions("image"), await versions("director/car")]).toEqual([2, 2]);
});

test("T2 a vehicle cannot read the Director repository of another", async () => {
  const other = await registerVehicle(fixture, "bus");
  const refused = await fixture.call("GET", "/repo/director/car/metadata/timestamp.json", { token: other });
  expect(refused.problem()).toMatchObject({ status: 403, code: "OTHER_VEHICLE" });
});

test("T2 the repositories are closed without a credential", async () => {
  for (const path of ["/repo/image/metadata/timestamp.json", "/repo/director/car/metadata/timestamp.json"]) {
    const refused = await fixture.call("GET", path, { token: null });
    expect(refused.problem().code).toBe("CREDENTIALS_MISSING");
  }
});

test("E3 a root that does not exist yet is a 404, by which a client knows the last one", async () => {
  const missing = await fixture.call("GET", "/repo/image/metadata/2.root.json", { token: device });
  expect(missing.problem()).toMatchObject({ status: 404, code: "METADATA_UNKNOWN" });
});
