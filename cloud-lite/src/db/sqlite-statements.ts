import type SqliteDatabase from "better-sqlite3";
import type { SqliteDatabase as KyselyDatabase } from "kysely";

/** Statements kept; those used longest ago go first. */
const KEPT = 200;

/**
 * Keeps prepared statements, for Kysely prepares anew what it runs: that takes longer than most statements, and the
 * memory of those left over is freed late, for the garbage collector does not see it.
 */
export function withKeptStatements(sqlite: SqliteDatabase.Database): KyselyDatabase {
  const kept = new Map<string, SqliteDatabase.Statement>();
  return {
    prepare(sql) {
      const found = kept.get(sql);
      // In the middle of a walk over its rows.
      if (found?.busy) return sqlite.prepare(sql);
      const statement = found ?? sqlite.prepare(sql);
      if (found) kept.delete(sql);
      kept.set(sql, statement);
      if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
      return statement;
    },
    close: () => void sqlite.close(),
  };
}
