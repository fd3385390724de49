import SqliteDatabase from "better-sqlite3";
import { CamelCasePlugin, Kysely, SqliteDialect } from "kysely";
import { Migrator } from "kysely/migration";
import { MIGRATIONS } from "./migrations/all.ts";
import type { Tables } from "./tables.ts";

export type Database = Kysely<Tables>;

/** The one organisation of an embedded cloud. */
export const DEFAULT_ORGANISATION = "00000000-0000-7000-8000-000000000001";

const BUSY_TIMEOUT_MS = 5000;

/**
 * Opens the embedded database and brings its schema up to date.
 * @param file path of the database, or `:memory:`.
 */
export async function openDatabase(file: string, now: () => number): Promise<Database> {
  const sqlite = new SqliteDatabase(file);
  sqlite.pragma("journal_mode = WAL");
  // FULL syncs the log at every commit: NORMAL loses acknowledged writes when the power fails.
  sqlite.pragma("synchronous = FULL");
  sqlite.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  sqlite.pragma("cache_size = -16000");
  const db = new Kysely<Tables>({
    dialect: new SqliteDialect({ database: sqlite }),
    plugins: [new CamelCasePlugin()],
  });
  await migrate(db, now);
  return db;
}

async function migrate(db: Database, now: () => number): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
  await db
    .insertInto("organisations")
    .values({ organisationId: DEFAULT_ORGANISATION, name: "default", createdAt: now() })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
