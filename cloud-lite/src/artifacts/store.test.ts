import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { memoryArtifacts } from "./memory-store.ts";
import { artifactFolder, type ArtifactStore } from "./store.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfshaft-artifacts-"));
});
afterEach(() => rm(folder, { recursive: true }));

const BYTES = Buffer.from("firmware");
const DIGEST = createHash("sha256").update(BYTES).digest("hex");
const fileOf = (sha256: string): string => join(folder, sha256.slice(0, 2), sha256);

const stores: [string, () => ArtifactStore][] = [
  ["folder", () => artifactFolder(folder)],
  ["memory", () => memoryArtifacts()],
];

test.each(stores)("U6 a %s keeps a file under its digest and gives parts of it", async (_name, open) => {
  const store = open();
  expect(await store.length(DIGEST)).toBeUndefined();
  expect(await store.put(BYTES)).toBe(DIGEST);
  expect(await store.put(BYTES)).toBe(DIGEST);
  expect(await store.length(DIGEST)).toBe(8);
  expect(Buffer.from(await store.read(DIGEST))).toEqual(BYTES);
  expect(await buffer(store.stream(DIGEST, { first: 4, last: 7 }))).toEqual(Buffer.from("ware"));
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
