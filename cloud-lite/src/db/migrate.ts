import { Migrator, type MigrationInfo } from "kysely/migration";
import { Refusal } from "../refusals.ts";
import { isPostgresUrl } from "./engine.ts";
import { MIGRATIONS } from "./migrations/all.ts";
import type { Database } from "./database.ts";
import { openPostgres } from "./postgres.ts";

const migratorOf = (db: Database): Migrator =>
  new Migrator({ db, provider: { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) } });

/** All migrations that this program knows, in order, and when each was carried out. */
export const migrationsOf = (db: Database): Promise<readonly MigrationInfo[]> =>
  migratorOf(db).getMigrations();

/**
 * Brings the schema up to date; several instances may do so at once.
 * @param place where `db` is, as `openDatabase` takes it.
 * @throws {Refusal} SCHEMA_NEWER where a newer program has been here.
 */
export async function migrate(db: Database, place: string): Promise<void> {
  await refuseNewer(db);
  if ((await migrationsOf(db)).every(({ executedAt }) => executedAt !== undefined)) return;
  if (!isPostgresUrl(place)) return migrateToLatest(db);
  const unhurried = await openPostgres(place, { connections: 2, unhurried: true });
  try {
    await migrateToLatest(unhurried);
  } finally {
    await unhurried.destroy();
  }
}

const ATTEMPTS = 3;

async function migrateToLatest(db: Database): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const { error } = await migratorOf(db).migrateToLatest();
    if (!error) return;
    if (!isCreatedTwice(error) || attempt === ATTEMPTS) throw error;
  }
}

/** The migrator makes its own tables before it takes its lock: of two that begin at once, one fails to. */
const isCreatedTwice = (error: unknown): boolean =>
  error instanceof Error && "code" in error && ["23505", "42P07"].includes(String(error.code));

async function refuseNewer(db: Database): Promise<void> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => camelCase(name) === "kyselyMigration")) return;
  const done = await db
    .withTables<{ kyselyMigration: { name: string } }>()
    .selectFrom("kyselyMigration")
    .select("name")
    .orderBy("name")
    .execute();
  const unknown = done.find(({ name }) => !Object.hasOwn(MIGRATIONS, name));
  if (unknown) throw new Refusal("SCHEMA_NEWER", { migration: unknown.name });
}

const camelCase = (name: string): string => name.replaceAll(/_./g, (pair) => pair[1]!.toUpperCase());
