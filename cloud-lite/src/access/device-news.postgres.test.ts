import { execFileSync } from "node:child_process";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Database } from "../db/database.ts";
import { openDatabase } from "../db/open.ts";
import { postgresDatabase, type TestDatabase } from "../db/test-database.ts";
import { startThrowAwayPostgres } from "../db/throw-away-postgres.ts";
import {
  revokeCredential,
  revokeDeviceTokens,
  rotateCredential,
  type CredentialRow,
} from "./credential-store.ts";
import { forgetDeviceChanges, lookInPostgres, type LookForNews } from "./device-news.ts";
import { findActor, issueToken, type IssuedToken } from "./store.ts";
import { tokenPrefix } from "./tokens.ts";

let database: TestDatabase;
let db: Database;
let look: LookForNews;
beforeEach(async () => {
  database = await postgresDatabase();
  db = await openDatabase(database.place, () => 0, { connections: 2 });
  look = lookInPostgres(db);
});
afterEach(async () => {
  await db.destroy();
  await database.drop();
});

const organisationId = "o";
const issue = (vehicleId: string, tx = db): Promise<IssuedToken> =>
  issueToken(tx, { organisationId, kind: "device", label: "", vehicleId, at: 1 });
const rowOf = ({ credentialId }: IssuedToken): Promise<CredentialRow> =>
  db.selectFrom("credentials").selectAll().where("credentialId", "=", credentialId).executeTakeFirstOrThrow();

async function giveJobs(tx: Database, ...vehicleIds: string[]): Promise<void> {
  const job = { organisationId, campaignId: "c", phaseId: "p", releaseId: "r", attempt: 1 };
  const rows = vehicleIds.map((vehicleId) => ({ ...job, jobId: `job of ${vehicleId}`, vehicleId }));
  await tx
    .insertInto("jobs")
    .values(rows.map((row) => ({ ...row, status: "queued" as const, createdAt: 1 })))
    .execute();
}
const setStatus = (vehicleId: string, status: "offered" | "active" | "failed" | "queued") =>
  db.updateTable("jobs").set({ status }).where("vehicleId", "=", vehicleId).execute();

/** Looks before and after, and tells which vehicles the second look names. */
async function changedBy(change: () => Promise<unknown>): Promise<string[] | null> {
  const { snapshot } = await look(null, []);
  await change();
  const { changed } = await look(snapshot, []);
  return changed && changed.map(({ vehicleId }) => vehicleId).toSorted();
}

test("A11 a look tells of each token whose it is and whether its vehicle has an open job", async () => {
  const [car, bus] = [await issue("car"), await issue("bus")];
  await giveJobs(db, "car");
  const { rows } = await look(
    null,
    [car, bus].map(({ token }) => tokenPrefix(token)!),
  );
  const told = rows.map((row) => [row.vehicle_id, row.credential_id, row.open_job]);
  expect(told).toHaveLength(2);
  expect(told).toContainEqual(["bus", bus.credentialId, null]);
  expect(told).toContainEqual(["car", car.credentialId, "job of car"]);
});

test("A5 a token that was revoked is no longer told", async () => {
  const { token } = await issue("car");
  await revokeDeviceTokens(db, organisationId, "car", 2);
  expect((await look(null, [tokenPrefix(token)!])).rows).toEqual([]);
});

test.each<[string, () => Promise<unknown>]>([
  [
    "one token is revoked",
    async () => revokeCredential(db, { organisationId }, (await rowOf(car)).credentialId, 2),
  ],
  ["all tokens are revoked", () => revokeDeviceTokens(db, organisationId, "car", 2)],
  ["a token is to end", async () => rotateCredential(db, await rowOf(car), 2, 1000)],
  ["a token is deleted", () => db.deleteFrom("credentials").where("vehicleId", "=", "car").execute()],
  ["a vehicle is given a job", () => giveJobs(db, "car")],
])("A5 it is news that %s", async (_what, change) => {
  car = await issue("car");
  expect(await changedBy(change)).toEqual(["car"]);
});
let car: IssuedToken;

test("C5 it is news that a job ends or begins again, and not how far it is", async () => {
  await giveJobs(db, "car", "bus");
  expect(await changedBy(() => setStatus("car", "offered"))).toEqual([]);
  expect(await changedBy(() => setStatus("car", "active"))).toEqual([]);
  expect(await changedBy(() => setStatus("car", "failed"))).toEqual(["car"]);
  expect(await changedBy(() => setStatus("car", "queued"))).toEqual(["car"]);
});

test("A11 it is no news that a token is made or used, or what people do with theirs", async () => {
  const { token } = await issue("car");
  expect(await changedBy(() => issue("bus"))).toEqual([]);
  expect(await changedBy(() => findActor(db, token, 5))).toEqual([]);
  const key = await issueToken(db, { organisationId, kind: "operator", label: "", at: 1 });
  expect(await changedBy(() => revokeCredential(db, { organisationId }, key.credentialId, 2))).toEqual([]);
});

test("A5 what began before a look and is committed after it is told by the next look, and once", async () => {
  const began = Promise.withResolvers<void>();
  const commit = Promise.withResolvers<void>();
  const slow = db.transaction().execute(async (tx) => {
    await giveJobs(tx, "car");
    began.resolve();
    await commit.promise;
  });
  await began.promise;
  // Others begin later and are done earlier.
  const zero = await look(null, []);
  await giveJobs(db, "bus");
  const first = await look(zero.snapshot, []);
  expect(first.changed).toEqual([{ organisationId, vehicleId: "bus" }]);
  const second = await look(first.snapshot, []);
  expect(second.changed).toEqual([]);
  commit.resolve();
  await slow;
  const third = await look(second.snapshot, []);
  expect(third.changed).toEqual([{ organisationId, vehicleId: "car" }]);
  expect((await look(third.snapshot, [])).changed).toEqual([]);
});

test("A11 what was rolled back is no news", async () => {
  const fails = async (): Promise<void> => {
    const failed = db.transaction().execute(async (tx) => {
      await giveJobs(tx, "car");
      throw new RangeError("changed its mind");
    });
    await expect(failed).rejects.toThrow("changed its mind");
  };
  expect(await changedBy(fails)).toEqual([]);
});

test("A11 more vehicles than are worth naming are not named", async () => {
  const vehicles = Array.from({ length: 2001 }, (_, i) => String(i));
  expect(await changedBy(() => giveJobs(db, ...vehicles.slice(1)))).toHaveLength(2000);
  await giveJobs(db, vehicles[0]!);
  expect(await changedBy(() => sql`update jobs set status = 'failed'`.execute(db))).toBeNull();
});

test("A13 what a backup brought from a server that had counted further is no news", async () => {
  const restore = () =>
    sql`insert into device_changes (organisation_id, vehicle_id, transaction_id)
      values ('o', 'car', '9000000000000000000')`.execute(db);
  expect(await changedBy(restore)).toEqual([]);
});

test("A12 a look is planned once, also when much has changed", async () => {
  const { snapshot } = await look(null, []);
  await sql`insert into device_changes (organisation_id, vehicle_id, transaction_id)
    select 'o', vehicle::text, vehicle::text::xid8 from generate_series(1, 20000) as vehicle`.execute(db);
  await sql`insert into credentials (organisation_id, credential_id, kind, label, prefix, digest, vehicle_id, created_at)
    select 'o', vehicle::text, 'device', '', vehicle::text, '', vehicle::text, 0 from generate_series(1, 20000) as vehicle
  `.execute(db);
  await sql`analyze`.execute(db);
  const newest = await look(snapshot, []);
  for (let i = 0; i < 20; i++) await look(newest.snapshot, i % 2 ? [] : ["x"]);
  const plans = await db.connection().execute(async (connection) => {
    const { rows } = await sql<{ own: number }>`select custom_plans as own from pg_prepared_statements
      where statement like '%device_changes%'`.execute(connection);
    return rows.map(({ own }) => own);
  });
  // The first five are planned for their values, to compare (PostgreSQL 15, PREPARE, "Notes").
  expect(plans).toEqual([5]);
});

test("A11 changes are forgotten after an hour", async () => {
  await giveJobs(db, "car", "bus");
  await sql`update device_changes set at = at - interval '61 minutes' where vehicle_id = 'car'`.execute(db);
  await forgetDeviceChanges(db);
  const { rows } = await sql<{ vehicleId: string }>`select vehicle_id from device_changes`.execute(db);
  expect(rows.map(({ vehicleId }) => vehicleId)).toEqual(["bus"]);
});

test("A5 a server that starts anew after a crash is another one", async () => {
  const server = await startThrowAwayPostgres();
  const own = await postgresDatabase(undefined, server.url);
  const of = await openDatabase(own.place, () => 0, { connections: 1 });
  try {
    const before = (await lookInPostgres(of)(null, [])).server;
    expect((await lookInPostgres(of)(null, [])).server).toBe(before);
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(of);
    execFileSync("kill", ["-KILL", String(rows[0]!.pid)]);
    const after = () =>
      lookInPostgres(of)(null, []).then(
        (news) => news.server,
        () => before,
      );
    await expect.poll(after, { timeout: 30_000 }).not.toBe(before);
  } finally {
    await of.destroy();
    await server.stop();
  }
});
