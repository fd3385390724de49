import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import { isPostgresUrl } from "../db/engine.ts";
import { connect } from "../db/open.ts";
import { withoutPassword } from "../db/postgres.ts";
import { Refusal } from "../refusals.ts";

/**
 * Does what fills a database without tables; where that fails on PostgreSQL, takes away what it has made.
 * @param database as `openDatabase` takes it
 * @throws {Refusal} RESTORE_LEFT_OVER where it cannot be taken away; otherwise what the work throws
 */
export async function orEmptiedAgain<T>(database: string, work: () => Promise<T>): Promise<T> {
  if (!isPostgresUrl(database)) return work();
  const before = await inDatabase(database, functionsOf);
  try {
    return await work();
  } catch (error) {
    await inDatabase(database, (db) => empty(db, before)).catch((cause: unknown) => {
      const place = withoutPassword(database);
      throw new Refusal("RESTORE_LEFT_OVER", { place, reason: said(error), why: said(cause) }, { cause });
    });
    throw error;
  }
}

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function inDatabase<T>(url: string, work: (db: Database) => Promise<T>): Promise<T> {
  const db = await connect(url, 1);
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}

async function functionsOf(db: Database): Promise<string[]> {
  const { rows } = await sql<{ signature: string }>`select oid::regprocedure::text as signature from pg_proc
    where pronamespace = current_schema()::regnamespace`.execute(db);
  return rows.map(({ signature }) => signature);
}

/** Drops every table, and the functions that were not there before. */
async function empty(db: Database, before: readonly string[]): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const tables = await tx.withoutPlugins().introspection.getTables({ withInternalKyselyTables: true });
    for (const { schema, name } of tables)
      await sql`drop table ${sql.table(`${schema}.${name}`)} cascade`.execute(tx);
    for (const signature of await functionsOf(tx)) {
      if (!before.includes(signature)) await sql`drop function ${sql.raw(signature)}`.execute(tx);
    }
  });
}
