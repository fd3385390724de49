import { sql } from "kysely";
import { onPostgres } from "./engine.ts";
import type { Database } from "./open.ts";

/**
 * Lets the embedded database count again where tables have grown: without it, it guesses which index is best, and
 * guesses wrong on large fleets. It costs next to nothing where nothing has changed. PostgreSQL does it by itself.
 * (sqlite.org/lang_analyze.html, "Recommended usage patterns")
 */
export async function refreshStatistics(db: Database): Promise<void> {
  if (!onPostgres(db)) await sql`pragma optimize = 0x10002`.execute(db);
}
