import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSeal } from "../audit/seal.ts";
import { headOf } from "../audit/store.ts";
import { DEFAULTS, type CloudConfig } from "../config.ts";
import { initialiseFolder, openFolder, operatorKeyFile } from "../data-folder.ts";
import { lockFolder } from "../db/folder-lock.ts";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import { postgresDatabase, type TestDatabase } from "../db/test-database.ts";
import { startCloud, type RunningCloud } from "../server.ts";
import { takeBackup } from "./backup.ts";
import { listBackups, objectFolder, readManifest, type Manifest } from "./manifest.ts";
import { restoreBackup } from "./restore.ts";

const onPostgres = Boolean(process.env.HALFSHAFT_TEST_STORE);
let folder: string;
let backups: string;
let databases: TestDatabase[];
let cloud: RunningCloud | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfshaft-backup-"));
  backups = join(folder, "backups");
  databases = [];
});
afterEach(async () => {
  await cloud?.close();
  cloud = undefined;
  for (const database of databases) await database.drop();
  await rm(folder, { recursive: true });
});

/** A place that is empty yet. */
async function emptyPlace(name: string): Promise<CloudConfig> {
  const place = { ...DEFAULTS, data: join(folder, name), port: 0, mqttPort: 0, logLevel: "silent" as const };
  if (!onPostgres) return place;
  const database = await postgresDatabase();
  databases.push(database);
  return { ...place, database: database.place };
}

async function startedCloud(): Promise<{ place: CloudConfig; headers: Record<string, string> }> {
  const place = await emptyPlace("data");
  await initialiseFolder(place, Date.now);
  cloud = await startCloud(place);
  return { place, headers: await headersOf(place) };
}

async function headersOf({ data }: CloudConfig): Promise<Record<string, string>> {
  const key = (await readFile(operatorKeyFile(data), "utf8")).trim();
  return { authorization: `Bearer ${key}`, "content-type": "application/json" };
}

async function create(headers: Record<string, string>, vehicleId: string): Promise<void> {
  const body = JSON.stringify({ vehicleId, ecus: [] });
  const { status } = await fetch(`${cloud!.url}/api/v1/vehicles`, { method: "POST", headers, body });
  expect(status).toBe(201);
}

/** A release with one image. */
async function uploadImage(headers: Record<string, string>): Promise<void> {
  const call = async (method: string, path: string, body: string | Buffer, type = "application/json") =>
    (
      await fetch(`${cloud!.url}/api/v1${path}`, {
        method,
        headers: { ...headers, "content-type": type },
        body,
      })
    ).json();
  const regions = [{ name: "code", address: 0x1000, length: 0x10_000, flashed: true }];
  await call("PUT", "/hardware/HW-1", JSON.stringify({ title: "Engine control", regions }));
  const { data } = (await call("POST", "/releases", JSON.stringify({ name: "Spring" }))) as {
    data: { releaseId: string };
  };
  const image = `/releases/${data.releaseId}/images/HW-1?version=1.0.0&releaseCounter=1`;
  await call("PUT", image, Buffer.alloc(4096, 7), "application/octet-stream");
}

const take = (place: CloudConfig, at: number, kept = 10): Promise<string> =>
  takeBackup({ place, folder: backups, kept, at });

const objectCount = async (): Promise<number> =>
  (await readdir(objectFolder(backups), { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  ).length;

/** The largest piece of the newest backup's database. */
async function pieceOf(name: string): Promise<string> {
  const { database } = await readManifest(backups, name);
  return join(objectFolder(backups), database[0]!.slice(0, 2), database[0]!);
}

test("A13 a backup that was taken while others wrote restores all that was acknowledged before it", async () => {
  const { place, headers } = await startedCloud();
  const acknowledged: string[] = [];
  const stop = new AbortController();
  const writer = (async () => {
    for (let n = 0; !stop.signal.aborted; n += 1) {
      await create(headers, `car-${n}`);
      acknowledged.push(`car-${n}`);
    }
  })();
  await expect.poll(() => acknowledged.length).toBeGreaterThan(20);
  const before = [...acknowledged];
  const name = await take(place, Date.now());
  stop.abort();
  await writer;
  await cloud!.close();
  const restored = await emptyPlace("restored");
  const result = await restoreBackup(backups, restored, Date.now);
  expect(result.name).toBe(name);
  expect(result.vehicles).toBeGreaterThanOrEqual(before.length);

  cloud = await startCloud(restored);
  for (const vehicleId of before) {
    const answer = await fetch(`${cloud.url}/api/v1/vehicles/${vehicleId}`, {
      headers: await headersOf(restored),
    });
    expect(answer.status).toBe(200);
  }
  await create(await headersOf(restored), "car-after");
});

test("A13 what restores signs with the same keys, and has its files with their rights", async () => {
  const { place } = await startedCloud();
  await take(place, 1000);
  const restored = await emptyPlace("restored");
  await restoreBackup(backups, restored, Date.now);
  const key = "keys/online/director-targets.pem";
  expect(await readFile(join(restored.data, key))).toEqual(await readFile(join(place.data, key)));
  expect((await stat(join(restored.data, key))).mode & 0o777).toBe(0o600);
  const { db, signers } = await openFolder(restored, Date.now);
  expect(signers.descriptor.publicKey).toHaveLength(32);
  await db.destroy();
});

test("A13 artifacts are in the backup, and come back under their digest", async () => {
  const { place, headers } = await startedCloud();
  await uploadImage(headers);
  const name = await take(place, 1000);
  const { artifacts } = await readManifest(backups, name);
  expect(artifacts).toHaveLength(1);
  const restored = await emptyPlace("restored");
  await restoreBackup(backups, restored, Date.now);
  const opened = await openFolder(restored, Date.now);
  expect(Buffer.from(await opened.artifacts.read(artifacts[0]!))).toEqual(Buffer.alloc(4096, 7));
  await opened.db.destroy();
});

test("A13 a backup of a cloud whose store lacks an artifact is refused with what to check", async () => {
  const { place, headers } = await startedCloud();
  await uploadImage(headers);
  const store = join(place.data, "artifacts");
  await rm(store, { recursive: true });
  await expect(take(place, 1000)).rejects.toMatchObject({
    code: "ARTIFACT_UNUSABLE",
    message: expect.stringContaining(store),
    help: expect.stringContaining("share one store"),
  });
  expect(await listBackups(backups)).toEqual([]);
});

test("A13 a second backup adds only what is new, and old ones are deleted with what only they had", async () => {
  const { place, headers } = await startedCloud();
  await take(place, 1000);
  const first = await objectCount();
  await take(place, 2000);
  expect(await objectCount()).toBeLessThanOrEqual(first + 1);
  await create(headers, "car");
  await take(place, 3000, 2);
  expect(await listBackups(backups)).toEqual(["19700101T000002000Z", "19700101T000003000Z"]);
  const restored = await emptyPlace("restored");
  expect(await restoreBackup(backups, restored, Date.now, "19700101T000002000Z")).toMatchObject({
    vehicles: 0,
  });
});

test("A13 a damaged backup is refused, and nothing is put in its place", async () => {
  const { place } = await startedCloud();
  const name = await take(place, 1000);
  await appendFile(await pieceOf(name), "x");
  const restored = await emptyPlace("restored");
  await expect(restoreBackup(backups, restored, Date.now)).rejects.toMatchObject({ code: "BACKUP_DAMAGED" });
  expect((await readdir(folder)).toSorted()).toEqual(["backups", "data"]);
});

test("A13 a restore that a damaged artifact ends leaves the place as empty as it was", async () => {
  const { place, headers } = await startedCloud();
  await uploadImage(headers);
  const { artifacts } = await readManifest(backups, await take(place, 1000));
  const artifact = join(objectFolder(backups), artifacts[0]!.slice(0, 2), artifacts[0]!);
  const sound = await readFile(artifact);
  await writeFile(artifact, Buffer.concat([Buffer.from([8]), sound.subarray(1)]));
  const restored = await emptyPlace("restored");
  await expect(restoreBackup(backups, restored, Date.now)).rejects.toMatchObject({ code: "BACKUP_DAMAGED" });
  await writeFile(artifact, sound);
  await restoreBackup(backups, restored, Date.now);
});

test("A13 a restore that fails once the database is filled leaves the place as empty as it was", async () => {
  const { place } = await startedCloud();
  const path = join(backups, "backups", `${await take(place, 1000)}.json`);
  const sound = await readFile(path, "utf8");
  const manifest = JSON.parse(sound) as Manifest;
  // Without its keys the log cannot be checked.
  const files = manifest.files.filter((file) => !file.path.startsWith("keys/"));
  await writeFile(path, JSON.stringify({ ...manifest, files }));
  const restored = await emptyPlace("restored");
  await expect(restoreBackup(backups, restored, Date.now)).rejects.toMatchObject({ code: "DATA_UNUSABLE" });
  await writeFile(path, sound);
  await restoreBackup(backups, restored, Date.now);
});

/** The folder's seal, and where its log ends. */
async function sealAndHead(place: CloudConfig) {
  const { db, signers } = await openFolder(place, Date.now);
  const seal = await readSeal(place.data, signers.audit.publicKey);
  const head = await headOf(db, DEFAULT_ORGANISATION);
  await db.destroy();
  return { seal, head };
}

test("A6 what restores an older state is sealed up to the end of that state", async () => {
  const { place, headers } = await startedCloud();
  await create(headers, "car");
  await take(place, 1000);
  await create(headers, "van");
  await cloud!.close();
  const before = await sealAndHead(place);
  const restored = await emptyPlace("restored");
  await restoreBackup(backups, restored, Date.now);
  const { seal, head } = await sealAndHead(restored);
  expect(seal).toMatchObject(head);
  expect(head.seq).toBeLessThan(before.head.seq);
});

test("A6 a backup of a log that was cut before its seal is refused", async () => {
  const { place, headers } = await startedCloud();
  await create(headers, "car");
  await cloud!.close();
  const { db } = await openFolder(place, Date.now);
  const newer = db.selectFrom("auditEntries").select("auditId").where("seq", ">", 1);
  await db.deleteFrom("auditPayloads").where("auditId", "in", newer).execute();
  await db.deleteFrom("auditEntries").where("seq", ">", 1).execute();
  const { hash } = await db.selectFrom("auditEntries").select("hash").executeTakeFirstOrThrow();
  await db.updateTable("auditHeads").set({ seq: 1, hash }).execute();
  await db.destroy();
  await take(place, 1000);
  await expect(restoreBackup(backups, await emptyPlace("restored"), Date.now)).rejects.toMatchObject({
    code: "AUDIT_SEAL_BROKEN",
  });
});

test("A13 nothing is restored over something", async () => {
  const { place } = await startedCloud();
  await take(place, 1000);
  await expect(restoreBackup(backups, place, Date.now)).rejects.toMatchObject({ code: "RESTORE_NOT_EMPTY" });
  const restored = await emptyPlace("restored");
  await mkdir(restored.data);
  await writeFile(join(restored.data, "letter.txt"), "");
  await expect(restoreBackup(backups, restored, Date.now)).rejects.toMatchObject({
    code: "RESTORE_NOT_EMPTY",
  });
  if (onPostgres) {
    const filled = { ...place, data: join(folder, "elsewhere") };
    await expect(restoreBackup(backups, filled, Date.now)).rejects.toMatchObject({
      code: "RESTORE_NOT_EMPTY",
    });
  }
});

test("A13 two backups do not write to one folder at once", async () => {
  const { place } = await startedCloud();
  await take(place, 1000);
  const release = lockFolder(backups);
  await expect(take(place, 2000)).rejects.toMatchObject({ code: "BACKUP_RUNNING" });
  release();
});

test("A13 a folder without a backup is said so", async () => {
  await expect(restoreBackup(backups, await emptyPlace("restored"), Date.now)).rejects.toMatchObject({
    code: "BACKUP_NONE",
  });
});

test("A13 a running cloud backs itself up when it is told to", async () => {
  const place = await emptyPlace("data");
  await initialiseFolder(place, Date.now);
  cloud = await startCloud({ ...place, backupTo: backups, backupEveryMs: 10_000 });
  await expect.poll(() => listBackups(backups), { timeout: 15_000 }).toHaveLength(1);
});

/** What a scrape says of the newest backup, in seconds. */
async function scrapedTime(): Promise<number> {
  const text = await (await fetch(`${cloud!.url}/metrics`)).text();
  return Number(/^halfshaft_last_backup_timestamp_seconds (.+)$/m.exec(text)?.[1]);
}

test("A13 a scrape tells when the newest backup was begun", async () => {
  const place = await emptyPlace("data");
  await initialiseFolder(place, Date.now);
  cloud = await startCloud({ ...place, backupTo: backups });
  await expect.poll(scrapedTime, { timeout: 15_000 }).toBeGreaterThan(0);
  const [name] = await listBackups(backups);
  expect(await scrapedTime()).toBe((await readManifest(backups, name!)).at / 1000);
});

test("A13 a scrape tells of a backup from before the start until there is a newer one", async () => {
  const { place } = await startedCloud();
  await take(place, 1_767_225_600_123);
  await cloud!.close();
  const release = lockFolder(backups);
  cloud = await startCloud({ ...place, backupTo: backups });
  expect(await scrapedTime()).toBe(1_767_225_600.123);
  release();
});

test("A13 a scrape of a cloud that does not back itself up tells of no backup", async () => {
  await startedCloud();
  expect(await scrapedTime()).toBeNaN();
});

test("A13 a cloud that is to back itself up into its own folder does not start", async () => {
  const place = await emptyPlace("data");
  await initialiseFolder(place, Date.now);
  await expect(startCloud({ ...place, backupTo: join(place.data, "copies") })).rejects.toMatchObject({
    code: "BACKUP_INSIDE_DATA",
  });
  cloud = await startCloud(place);
});
