import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realClock } from "@halfshaft/vehicle-net/clock";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Staging } from "./staging.ts";

const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i & 0xff);
const sha256 = createHash("sha256").update(bytes).digest("hex");
let folder: string;
let staging: Staging;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfshaft-staging-"));
  staging = await Staging.open(folder, realClock);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function stage(name: string, content: Uint8Array): Promise<void> {
  const partial = await staging.partial(name);
  await partial.append(content);
  await partial.close();
}

test("E4 a file is there once it is published, and not before", async () => {
  await stage(sha256, bytes);
  expect(await staging.length(sha256)).toBeUndefined();
  await staging.publish(sha256);
  expect(await staging.length(sha256)).toBe(1000);
  expect(await staging.read(sha256)).toEqual(bytes);
});

test("E4 a partial file goes on where it stopped", async () => {
  await stage(sha256, bytes.subarray(0, 400));
  const partial = await staging.partial(sha256);
  expect(partial.length).toBe(400);
  await partial.append(bytes.subarray(400));
  await partial.close();
  await staging.publish(sha256);
  expect(await staging.read(sha256)).toEqual(bytes);
});

test("E4 publishing again does no harm", async () => {
  await stage(sha256, bytes);
  await staging.publish(sha256);
  await staging.publish(sha256);
  expect(await staging.length(sha256)).toBe(1000);
});

test("E7 a piece of a file is read without the rest", async () => {
  await stage(sha256, bytes);
  await staging.publish(sha256);
  expect(await staging.read(sha256, 250, 3)).toEqual(Uint8Array.of(250, 251, 252));
});

test("E5 a file that is not there is named as missing", async () => {
  await expect(staging.read(sha256)).rejects.toMatchObject({ code: "missing" });
});

test("T2 a name that is no digest reaches no path", async () => {
  await expect(staging.read("../../etc/passwd")).rejects.toMatchObject({ code: "missing" });
  await expect(staging.partial("..")).rejects.toMatchObject({ code: "missing" });
});

test("E4 room that is not there is said with both numbers", async () => {
  await expect(staging.demandSpace(2 ** 60)).rejects.toMatchObject({
    code: "no-space",
    neededBytes: 2 ** 60 + 4194304,
  });
});

test("E4 what is not kept goes, partial files too", async () => {
  const other = "ab".repeat(32);
  await stage(sha256, bytes);
  await staging.publish(sha256);
  await stage(other, bytes);
  await staging.publish(other);
  await stage("cd".repeat(32), bytes);
  await staging.prune(new Set([sha256]));
  expect(await staging.length(sha256)).toBe(1000);
  expect(await staging.length(other)).toBeUndefined();
  expect((await staging.partial("cd".repeat(32))).length).toBe(0);
});

test("E12 a file from elsewhere is added by its digest", async () => {
  const path = join(folder, "image.bin");
  await writeFile(path, bytes);
  expect(await staging.add(path)).toBe(sha256);
  expect(await staging.read(sha256)).toEqual(bytes);
});
