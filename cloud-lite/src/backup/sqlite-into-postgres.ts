import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import { openDatabase } from "../db/open.ts";
import { inOneTransaction } from "../db/transaction.ts";

/** Rows of one statement: one parameter of some hundred kilobytes. */
const ROWS = 1000;

/**
 * Copies what an embedded database holds into an empty one of PostgreSQL, in one transaction. Both are brought up to date
 * first; they then have the same tables, of texts and whole numbers only, and no reference that asks for an order.
 * SQLite keeps numbers that PostgreSQL has no room for. Beyond ±(2^53−1), where nothing was ever exact, they become that
 * bound; further ones of a table count down from it, for some of them tell rows apart.
 * @param file of the embedded database
 * @throws {Refusal} one of `openDatabase`
 */
export async function copyIntoPostgres(file: string, url: string, now: () => number): Promise<void> {
  const from = await openDatabase(file, now);
  try {
    const to = await openDatabase(url, now, { connections: 1 });
    try {
      await inOneTransaction(to, async (tx) => {
        for (const { name, columns } of await from.withoutPlugins().introspection.getTables()) {
          await copyTable(from, tx, name);
          const numbered = columns.find(({ isAutoIncrementing }) => isAutoIncrementing);
          if (numbered) await goOnNumbering(tx, name, numbered.name);
        }
      });
    } finally {
      await to.destroy();
    }
  } finally {
    await from.destroy();
  }
}

async function copyTable(from: Database, tx: Database, name: string): Promise<void> {
  const table = sql.table(name);
  // Of what opening the database has put there, too.
  await sql`delete from ${table}`.execute(tx);
  const within = withinBounds();
  for (let after = 0; ;) {
    const page = sql<{ copied_row: number }>`select rowid as copied_row, * from ${table}
      where rowid > ${after} order by rowid limit ${ROWS}`;
    const { rows } = await page.execute(from.withoutPlugins());
    if (rows.length === 0) return;
    after = rows.at(-1)!.copied_row;
    await sql`insert into ${table}
      select * from json_populate_recordset(null::${table}, ${JSON.stringify(rows, within)}::json)`.execute(
      tx,
    );
  }
}

/** For `JSON.stringify`. */
function withinBounds(): (name: string, value: unknown) => unknown {
  let beyond = 0;
  return (_name, value) => {
    if (typeof value !== "number" || Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value;
    const bound = Math.sign(value) * (Number.MAX_SAFE_INTEGER - beyond);
    beyond += 1;
    return bound;
  };
}

/** PostgreSQL numbers rows that come without a number; these came with theirs. */
async function goOnNumbering(tx: Database, table: string, column: string): Promise<void> {
  await sql`select setval(pg_get_serial_sequence(${table}, ${column}), max(${sql.ref(column)}))
    from ${sql.table(table)}`.execute(tx);
}
