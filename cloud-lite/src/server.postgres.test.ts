import { cp, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { verifyAudit } from "./audit/verify.ts";
import { DEFAULTS, type CloudConfig } from "./config.ts";
import { initialiseFolder, openFolder, operatorKeyFile } from "./data-folder.ts";
import { connect, DEFAULT_ORGANISATION } from "./db/open.ts";
import { postgresDatabase, type TestDatabase } from "./db/test-database.ts";
import { startCloud, type RunningCloud } from "./server.ts";

let folder: string;
let database: TestDatabase;
let instances: RunningCloud[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfshaft-instances-"));
  database = await postgresDatabase();
  instances = [];
});
afterEach(async () => {
  for (const instance of instances) await instance.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

const configOf = (name: string): CloudConfig => ({
  ...DEFAULTS,
  data: join(folder, name),
  database: database.place,
  databaseConnections: 4,
  port: 0,
  mqttPort: 0,
  logLevel: "silent",
});

/** A second machine has the keys of the first one, and a folder of its own. */
async function twoInstances(): Promise<{ urls: [string, string]; key: string }> {
  const [first, second] = [configOf("first"), configOf("second")];
  await initialiseFolder(first, Date.now);
  await mkdir(second.data);
  await cp(join(first.data, "keys"), join(second.data, "keys"), { recursive: true });
  await initialiseFolder(second, Date.now);
  instances = await Promise.all([startCloud(first), startCloud(second)]);
  const key = (await readFile(operatorKeyFile(first.data), "utf8")).trim();
  return { urls: [instances[0]!.url, instances[1]!.url], key };
}

const create = (url: string, key: string, body: object, headers: Record<string, string> = {}) =>
  fetch(`${url}/api/v1/vehicles`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

async function actions(): Promise<{ entries: number; broken?: object; created: number }> {
  const { db, signers } = await openFolder(configOf("first"), Date.now);
  const created = await db
    .selectFrom("auditEntries")
    .select("seq")
    .where("action", "=", "vehicle.created")
    .execute();
  const verdict = await verifyAudit(db, DEFAULT_ORGANISATION, signers.audit.publicKey);
  await db.destroy();
  return { ...verdict, created: created.length };
}

test("A12 two instances on one database write at once, and the audit chain never forks", async () => {
  const { urls, key } = await twoInstances();
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, n) => create(urls[n % 2]!, key, { vehicleId: `car-${n}`, ecus: [] })),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  const { broken, created } = await actions();
  expect({ broken, created }).toEqual({ created: 40 });
});

test("A3 the same request at two instances at once has one effect and one answer", async () => {
  const { urls, key } = await twoInstances();
  const headers = { "idempotency-key": "once" };
  const answers = await Promise.all([0, 1, 0, 1].map((n) => create(urls[n]!, key, { ecus: [] }, headers)));
  const bodies = await Promise.all(answers.map((answer) => answer.text()));
  expect(new Set(bodies).size).toBe(1);
  expect((await actions()).created).toBe(1);
});

test("A12 what one instance signs, the other serves: one root, and versions that only rise", async () => {
  const { urls, key } = await twoInstances();
  const headers = { authorization: `Bearer ${key}` };
  const read = (url: string, file: string): Promise<string> =>
    fetch(`${url}/repo/image/metadata/${file}`, { headers }).then((answer) => answer.text());
  const roots = await Promise.all(urls.map((url) => read(url, "1.root.json")));
  const timestamps = await Promise.all(urls.map((url) => read(url, "timestamp.json")));
  expect(new Set(roots).size).toBe(1);
  expect(new Set(timestamps).size).toBe(1);
});

test("A12 a further instance joins the cloud: no key and no audit entry are made", async () => {
  const [first, second] = [configOf("first"), configOf("second")];
  expect(await initialiseFolder(first, Date.now)).toBe("made");
  await mkdir(second.data);
  await cp(join(first.data, "keys"), join(second.data, "keys"), { recursive: true });
  expect(await initialiseFolder(second, Date.now)).toBe("joined");
  await expect(readFile(operatorKeyFile(second.data))).rejects.toMatchObject({ code: "ENOENT" });
  expect((await actions()).entries).toBe(1);
});

test("A12 a command that is not told the database of its cloud is refused, and makes none", async () => {
  const { data } = configOf("first");
  await initialiseFolder(configOf("first"), Date.now);
  await expect(openFolder({ data }, Date.now)).rejects.toMatchObject({ code: "DATABASE_OTHER" });
  expect(await readdir(data)).not.toContain("cloud.sqlite");
});

test("A12 an empty database is not taken for that of a cloud, and stays empty", async () => {
  await initialiseFolder(configOf("first"), Date.now);
  const empty = await postgresDatabase();
  const place = { data: configOf("first").data, database: empty.place };
  await expect(openFolder(place, Date.now)).rejects.toMatchObject({ code: "DATABASE_OTHER" });
  const db = await connect(empty.place, 1);
  expect(await db.introspection.getTables({ withInternalKyselyTables: true })).toEqual([]);
  await db.destroy();
  await empty.drop();
});

test("A12 an instance without the cloud's keys is refused before it signs anything", async () => {
  await initialiseFolder(configOf("first"), Date.now);
  await expect(initialiseFolder(configOf("second"), Date.now)).rejects.toMatchObject({
    code: "KEYS_FOREIGN",
  });
});
