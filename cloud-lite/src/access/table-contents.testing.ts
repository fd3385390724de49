import { sql } from "kysely";
import type { Database } from "../db/database.ts";

/** Names of all tables but those of the migrations. */
async function tablesOf(db: Database): Promise<string[]> {
  const tables = await db.introspection.getTables();
  return tables.map(({ name }) => name).filter((name) => !name.startsWith("kysely_"));
}

/** How many rows each table has, in one statement. */
export async function rowCounter(db: Database): Promise<() => Promise<Record<string, number>>> {
  const tables = await tablesOf(db);
  const counts = tables.map(
    (name) => sql`select ${sql.lit(name)} as name, count(*) as rows from ${sql.table(name)}`,
  );
  return async () => {
    const { rows } = await sql<{ name: string; rows: number }>`${sql.join(counts, sql` union all `)}`.execute(
      db,
    );
    return Object.fromEntries(rows.map((row) => [row.name, row.rows]));
  };
}

/** When something was last used or seen: written on its way, whatever becomes of the request. */
const BOOKKEEPING = /^(last_?used|last_?seen|presence)/i;

/** Every row of every table as text, without bookkeeping. */
export async function tableContents(db: Database, where = sql`1 = 1`): Promise<Record<string, string[]>> {
  const contents: Record<string, string[]> = {};
  for (const name of await tablesOf(db)) {
    const { rows } = await sql<object>`select * from ${sql.table(name)} where ${where}`.execute(db);
    contents[name] = rows
      .map((row) => JSON.stringify(Object.entries(row).filter(([column]) => !BOOKKEEPING.test(column))))
      .toSorted();
  }
  return contents;
}
