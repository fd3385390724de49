import { sql } from "kysely";
import { afterEach, expect, test } from "vitest";
import { migrationsOf } from "./migrate.ts";
import type { Database } from "./database.ts";
import { openDatabase } from "./open.ts";
import { postgresDatabase, type TestDatabase } from "./test-database.ts";

const open: Database[] = [];
const made: TestDatabase[] = [];
afterEach(async () => {
  for (const db of open.splice(0)) await db.destroy();
  for (const database of made.splice(0)) await database.drop();
});

async function create(how?: string): Promise<string> {
  const database = await postgresDatabase(how);
  made.push(database);
  return database.place;
}

async function openAt(place: string): Promise<Database> {
  const db = await openDatabase(place, () => 0, { connections: 2 });
  open.push(db);
  return db;
}

test("A12 instances that start at once on an empty database migrate it once", async () => {
  const place = await create();
  const [db] = await Promise.all([openAt(place), openAt(place), openAt(place)]);
  expect((await migrationsOf(db)).every(({ executedAt }) => executedAt !== undefined)).toBe(true);
  expect(await db.selectFrom("organisations").selectAll().execute()).toHaveLength(1);
});

test("A12 a database that does not sort by bytes is refused, with the command that makes a fit one", async () => {
  const place = await create("template template0 locale_provider icu icu_locale 'en' locale 'C'");
  await expect(openAt(place)).rejects.toMatchObject({
    code: "DATABASE_UNFIT",
    help: expect.stringContaining("--locale=C"),
  });
});

test("A12 a user who may not make tables is told so, and not that a folder is wrong", async () => {
  const place = `${await create()}?options=${encodeURIComponent("-c role=pg_monitor")}`;
  await expect(openAt(place)).rejects.toMatchObject({
    code: "DATABASE_UNFIT",
    help: expect.stringContaining("--owner=USER"),
  });
});

test("A12 a database of a newer program is refused and left as it is", async () => {
  const place = await create();
  const db = await openAt(place);
  await db
    .withTables<{ kyselyMigration: { name: string; timestamp: string } }>()
    .insertInto("kyselyMigration")
    .values({ name: "9999-tomorrow", timestamp: "" })
    .execute();
  await expect(openAt(place)).rejects.toMatchObject({
    code: "SCHEMA_NEWER",
    operands: { migration: "9999-tomorrow" },
  });
});

test("A12 a server that is not there is named without its password", async () => {
  await expect(openAt("postgres://me:secret@127.0.0.1:1/fleet")).rejects.toMatchObject({
    code: "DATABASE_UNREACHABLE",
    message: expect.not.stringContaining("secret"),
  });
});

test("A12 what PostgreSQL counts and sums are numbers", async () => {
  const db = await openAt(await create());
  const row = await db
    .selectFrom("organisations")
    .select((eb) => [eb.fn.countAll().as("count"), eb.fn.sum("createdAt").as("sum"), "createdAt"])
    .groupBy("createdAt")
    .executeTakeFirst();
  expect(row).toEqual({ count: 1, sum: 0, createdAt: 0 });
});

test("A12 a connection that is cut off within a transaction fails that alone, and others go on", async () => {
  const db = await openAt(await create());
  const cut = db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
    await sql`select pg_terminate_backend(${rows[0]!.pid}, 10000)`.execute(db);
    await sql`select 1`.execute(tx);
  });
  await expect(cut).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  expect(await db.selectFrom("organisations").select("name").execute()).toHaveLength(1);
});

test("A12 where no connection can be had, who asks is told that the database does not answer", async () => {
  const gone = await postgresDatabase();
  const db = await openAt(gone.place);
  await gone.drop();
  const ask = () => db.selectFrom("organisations").select("name").execute();
  await expect
    .poll(() => ask().catch((error: unknown) => error))
    .toMatchObject({
      code: "STORE_UNAVAILABLE",
      status: 503,
    });
});
