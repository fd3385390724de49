import { sql } from "kysely";
import { onPostgres } from "./engine.ts";
import type { Database } from "./database.ts";

/**
 * Lets the database count again where tables have changed much: without it, it guesses which index is best, and guesses
 * wrong on large fleets. It costs next to nothing where little has changed.
 */
export async function refreshStatistics(db: Database): Promise<void> {
  // sqlite.org/lang_analyze.html, "Recommended usage patterns"
  if (!onPostgres(db)) await sql`pragma optimize = 0x10002`.execute(db);
  else for (const table of await changedTables(db)) await analyze(db, table);
}

/** Changed rows that are worth a count, besides a fifth of a table. */
const MANY = 1000;

/**
 * PostgreSQL counts by itself, but looks only once a minute (PostgreSQL 15, 25.1.6, autovacuum_naptime): a campaign over
 * vehicles that were imported just now would be planned as if there were none.
 */
async function changedTables(db: Database): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select relname as name from pg_stat_user_tables
    where schemaname = current_schema() and n_mod_since_analyze > ${MANY} + n_live_tup / 5`.execute(db);
  return rows.map(({ name }) => name);
}

/** Leaves a table to whoever counts it already, such as another instance. */
const analyze = (db: Database, table: string): Promise<unknown> =>
  sql`analyze (skip_locked) ${sql.table(table)}`.execute(db);
