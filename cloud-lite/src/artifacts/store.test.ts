import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { memoryArtifacts } from "./memory-store.ts";
import { artifactsInS3 } from "./s3-store.ts";
import { startTestS3, type TestS3 } from "./s3.testing.ts";
import { artifactFolder, type ArtifactStore } from "./store.ts";

let folder: string;
let s3: TestS3 | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfshaft-artifacts-"));
});
afterEach(async () => {
  await s3?.close();
  s3 = undefined;
  await rm(folder, { recursive: true });
});

async function inS3(): Promise<ArtifactStore> {
  s3 ??= await startTestS3(folder);
  return artifactsInS3(s3.place);
}

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const BYTES = Buffer.from("firmware");
const DIGEST = digestOf(BYTES);
const fileOf = (sha256: string): string => join(folder, sha256.slice(0, 2), sha256);

const stores: [string, () => Promise<ArtifactStore>][] = [
  ["folder", async () => artifactFolder(folder)],
  ["memory", async () => memoryArtifacts()],
  ["bucket", inS3],
];

test.each(stores)("U6 a %s keeps a file under its digest and gives parts of it", async (_name, open) => {
  const store = await open();
  expect(await store.length(DIGEST)).toBeUndefined();
  expect(await store.put(BYTES)).toBe(DIGEST);
  expect(await store.put(BYTES)).toBe(DIGEST);
  expect(await store.length(DIGEST)).toBe(8);
  expect(Buffer.from(await store.read(DIGEST))).toEqual(BYTES);
  expect(await buffer(store.stream(DIGEST, { first: 4, last: 7 }))).toEqual(Buffer.from("ware"));
});

test.each(stores)("U6 a %s keeps an empty file, and two that differ in a byte apart", async (_name, open) => {
  const store = await open();
  const files = [Buffer.alloc(0), Buffer.from([1]), Buffer.from([2])];
  for (const bytes of files) await store.put(bytes);
  for (const bytes of files) {
    expect(await store.length(digestOf(bytes))).toBe(bytes.length);
    expect(Buffer.from(await store.read(digestOf(bytes)))).toEqual(bytes);
  }
});

test.each(stores)("U6 a %s keeps a file of many megabytes", async (_name, open) => {
  const store = await open();
  // Above the size from which an upload to S3 goes in parts.
  const bytes = Buffer.alloc(20 * 1024 * 1024 + 5, "firmware");
  const sha256 = await store.put(bytes);
  expect(await store.length(sha256)).toBe(bytes.length);
  const part = { first: 8 * 1024 * 1024 - 3, last: 17 * 1024 * 1024 };
  expect((await buffer(store.stream(sha256, part))).equals(bytes.subarray(part.first, part.last + 1))).toBe(
    true,
  );
  expect(digestOf(await store.read(sha256))).toBe(sha256);
});

test("U6 a bucket is used below its prefix only", async () => {
  await (await inS3()).put(BYTES);
  expect(await readdir(join(folder, "firmware"))).toEqual(["fleet"]);
});

test("U6 a store that is not there, or keys that may not use it, are said so at the start", async () => {
  await inS3();
  const { place } = s3!;
  for (const wrong of [
    { ...place, secretAccessKey: "guessed" },
    { ...place, endpoint: place.endpoint.replace("firmware", "nothing") },
    { ...place, endpoint: "http://127.0.0.1:1/firmware" },
  ]) {
    await expect(artifactsInS3(wrong)).rejects.toMatchObject({ code: "ARTIFACTS_UNREACHABLE" });
  }
});

test("U6 a folder holds nothing but finished files", async () => {
  await artifactFolder(folder).put(BYTES);
  expect(await readdir(join(folder, DIGEST.slice(0, 2)))).toEqual([DIGEST]);
});

test("U6 a file that was cut off is written anew", async () => {
  const store = artifactFolder(folder);
  await store.put(BYTES);
  await truncate(fileOf(DIGEST), 3);
  await store.put(BYTES);
  expect(Buffer.from(await store.read(DIGEST))).toEqual(BYTES);
});

test("U6 a file that was changed is served as it is: the vehicle's digest check is to find it", async () => {
  const store = artifactFolder(folder);
  await store.put(BYTES);
  await writeFile(fileOf(DIGEST), "FIRMWARE");
  expect(Buffer.from(await store.read(DIGEST)).toString()).toBe("FIRMWARE");
});
