import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DEFAULTS, type CloudConfig } from "../config.ts";
import { databaseOf, initialiseFolder, operatorKeyFile } from "../data-folder.ts";
import type { Database } from "../db/database.ts";
import { connect, DEFAULT_ORGANISATION } from "../db/open.ts";
import { postgresDatabase, type TestDatabase } from "../db/test-database.ts";
import { seedDemonstration, type Send } from "../seed/demonstration.ts";
import { startCloud, type RunningCloud } from "../server.ts";
import { takeBackup } from "./backup.ts";
import { restoreBackup } from "./restore.ts";

let folder: string;
let database: TestDatabase;
let cloud: RunningCloud | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfshaft-outgrown-"));
  database = await postgresDatabase();
});
afterEach(async () => {
  await cloud?.close();
  cloud = undefined;
  await database.drop();
  await rm(folder, { recursive: true });
});

const placeOf = (name: string): CloudConfig => ({
  ...DEFAULTS,
  data: join(folder, name),
  port: 0,
  mqttPort: 0,
  logLevel: "silent",
});
const outgrown = (): CloudConfig => ({ ...placeOf("outgrown"), database: database.place });
const backups = (): string => join(folder, "backups");

const send =
  (key: string): Send =>
  async (method, path, body) => {
    const isFile = body instanceof Uint8Array;
    const init: RequestInit = {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        "content-type": isFile ? "application/octet-stream" : "application/json",
      },
      body: isFile ? Buffer.from(body) : JSON.stringify(body),
    };
    const answer = await fetch(`${cloud!.url}/api/v1${path}`, init);
    expect(answer.ok, path).toBe(true);
    return ((await answer.json()) as { data: unknown }).data;
  };

const keyOf = async ({ data }: CloudConfig): Promise<string> =>
  (await readFile(operatorKeyFile(data), "utf8")).trim();

const event = (seq: number) => ({
  organisationId: DEFAULT_ORGANISATION,
  eventId: `event-${seq}`,
  vehicleId: "car",
  streamEpoch: "epoch",
  seq,
  jobId: null,
  type: "step",
  at: 1,
  receivedAt: 2,
  body: '{"sentence":"half a shaft: ½ ✓"}',
});

/** More than one statement takes. */
const EVENTS = 1500;

/** An embedded cloud with a fleet, releases, a campaign and events, and a backup of it. */
async function backedUp(): Promise<CloudConfig> {
  const place = placeOf("data");
  await initialiseFolder(place, Date.now);
  cloud = await startCloud(place);
  await seedDemonstration(send(await keyOf(place)), 3);
  await cloud.close();
  cloud = undefined;
  const db = await connect(databaseOf(place));
  const events = Array.from({ length: EVENTS }, (_, index) => event(index + 1));
  await db.insertInto("events").values(events).execute();
  await db.destroy();
  await takeBackup({ place, folder: backups(), kept: 1, at: 1000 });
  return place;
}

/** Every row of these tables, each as JSON with its columns in order. */
async function contentOf(db: Database, tables: readonly string[]): Promise<Record<string, string[]>> {
  const content: Record<string, string[]> = {};
  for (const table of tables) {
    const { rows } = await sql<object>`select * from ${sql.table(table)}`.execute(db.withoutPlugins());
    content[table] = rows
      .map((row) => JSON.stringify(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1))))
      .toSorted();
  }
  return content;
}

test("A12 a backup of SQLite goes to PostgreSQL row by row", async () => {
  const place = await backedUp();
  expect(await restoreBackup(backups(), outgrown(), Date.now)).toMatchObject({ vehicles: 3 });
  const [from, to] = [await connect(databaseOf(place)), await connect(database.place)];
  const tables = (await from.introspection.getTables()).map(({ name }) => name);
  const content = await contentOf(from, tables);
  expect(Object.values(content).filter(({ length }) => length > 0).length).toBeGreaterThan(15);
  expect(await contentOf(to, tables)).toEqual(content);
  await from.destroy();
  await to.destroy();
});

test("A12 a cloud that went from SQLite to PostgreSQL goes on with its keys, its fleet and its numbers", async () => {
  const place = await backedUp();
  await restoreBackup(backups(), outgrown(), Date.now);
  cloud = await startCloud(outgrown());
  const key = await keyOf(place);
  expect(await keyOf(outgrown())).toBe(key);
  await send(key)("POST", "/vehicles", { vehicleId: "after", ecus: [] });
  const db = await connect(database.place);
  const next = db
    .insertInto("events")
    .values(event(EVENTS + 1))
    .returning("arrival");
  expect(await next.execute()).toEqual([{ arrival: EVENTS + 1 }]);
  await db.destroy();
});

test("A12 numbers that PostgreSQL has no room for become the bound, and their rows stay apart", async () => {
  const place = placeOf("data");
  await initialiseFolder(place, Date.now);
  const from = await connect(databaseOf(place));
  const beyond = [1e300, 2e300, 2 ** 53];
  const events = beyond.map((seq, n) => ({
    ...event(seq),
    eventId: `beyond-${n}`,
    at: n === 0 ? 1e300 : -1,
  }));
  await from
    .insertInto("events")
    .values([event(1), ...events])
    .execute();
  await from.destroy();
  await takeBackup({ place, folder: backups(), kept: 1, at: 1000 });
  await restoreBackup(backups(), outgrown(), Date.now);
  const to = await connect(database.place);
  const rows = await to.selectFrom("events").select(["seq", "at"]).orderBy("arrival").execute();
  const most = Number.MAX_SAFE_INTEGER;
  expect(rows.map(({ seq }) => seq)).toEqual([1, most, most - 2, most - 3]);
  expect(rows.map(({ at }) => at)).toEqual([1, most - 1, -1, -1]);
  await to.destroy();
});

test("A12 a backup of PostgreSQL does not become an embedded cloud", async () => {
  await backedUp();
  await restoreBackup(backups(), outgrown(), Date.now);
  await takeBackup({ place: outgrown(), folder: backups(), kept: 1, at: 2000 });
  await expect(restoreBackup(backups(), placeOf("back"), Date.now)).rejects.toMatchObject({
    code: "RESTORE_NEEDS_POSTGRES",
  });
});
