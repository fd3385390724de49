import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fixedStatement, slot } from "./fixed-statement.ts";
import { isIn } from "./one-of.ts";
import type { Database } from "./database.ts";
import { openDatabase } from "./open.ts";
import { kept } from "./postgres-statements.ts";
import { refreshStatistics } from "./statistics.ts";
import { postgresDatabase, type TestDatabase } from "./test-database.ts";

let database: TestDatabase;
let db: Database;
beforeEach(async () => {
  database = await postgresDatabase();
  db = await openDatabase(database.place, () => 0, { connections: 1 });
});
afterEach(async () => {
  await db.destroy();
  await database.drop();
});

async function preparedTexts(): Promise<string[]> {
  const { rows } = await sql<{ statement: string }>`select statement from pg_prepared_statements`.execute(db);
  return rows.map(({ statement }) => statement);
}

async function addOrganisations(count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, i) => ({
    organisationId: String(i),
    name: "",
    createdAt: 0,
  }));
  await db.insertInto("organisations").values(rows).execute();
}

test("A12 a statement that is marked is prepared once for a connection, another one is not", async () => {
  const plain = sql<{ one: number }>`select ${1}::int + 0 as one`.compile(db);
  for (const one of [1, 2]) {
    const { rows } = await db.executeQuery({ ...kept(db, plain), parameters: [one] });
    expect(rows).toEqual([{ one }]);
    await db.executeQuery(plain);
  }
  expect(await preparedTexts()).toEqual([kept(db, plain).sql]);
});

test("A8 a look-up by many keys is one prepared statement, whatever their number", async () => {
  await addOrganisations(3);
  const query = db
    .selectFrom("organisations as o")
    .select(["o.organisationId", "o.createdAt"])
    .where(isIn(db, "o.organisationId", slot("ids")))
    .where("o.createdAt", "=", 0);
  const find = fixedStatement<object>(db, kept(db, query.compile()));
  expect(await find({ ids: ["1", "x"] })).toEqual([{ organisation_id: "1", created_at: 0 }]);
  expect(await find({ ids: ["0", "1", "2", "2"] })).toHaveLength(3);
  expect(await find({ ids: ["x"] })).toEqual([]);
  expect(await preparedTexts()).toHaveLength(1);
});

test("A12 a table that has grown is counted without waiting for the server to look", async () => {
  const counted = async (): Promise<number> => {
    const { rows } = await sql<{ rows: number }>`select reltuples::int as rows from pg_class
      where relname = 'organisations'`.execute(db);
    return rows[0]!.rows;
  };
  await addOrganisations(500);
  await sql`select pg_stat_force_next_flush()`.execute(db);
  await refreshStatistics(db);
  expect(await counted()).toBe(-1);
  await db.deleteFrom("organisations").execute();
  await addOrganisations(1500);
  await sql`select pg_stat_force_next_flush()`.execute(db);
  await refreshStatistics(db);
  expect(await counted()).toBe(1500);
});
