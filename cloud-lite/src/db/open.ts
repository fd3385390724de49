import { CamelCasePlugin, Kysely } from "kysely";
import type { Database } from "./database.ts";
import { isForbidden, isPostgresUrl } from "./engine.ts";
import { migrate } from "./migrate.ts";
import { openPostgres, withoutPassword } from "./postgres.ts";
import { Refusal } from "../refusals.ts";
import { EmbeddedDialect, openSqlite } from "./sqlite.ts";
import { refreshStatistics } from "./statistics.ts";
import type { Tables } from "./tables.ts";

/** The one organisation of an embedded cloud. */
export const DEFAULT_ORGANISATION = "00000000-0000-7000-8000-000000000001";

const DEFAULT_CONNECTIONS = 10;

/**
 * Opens a database and brings its schema up to date.
 * @param place path of an embedded database, `:memory:`, or `postgres://…`.
 * @throws {Refusal} DATABASE_UNREACHABLE, DATABASE_UNFIT or SCHEMA_NEWER
 */
export async function openDatabase(
  place: string,
  now: () => number,
  { connections = DEFAULT_CONNECTIONS }: { readonly connections?: number } = {},
): Promise<Database> {
  const db = await connect(place, connections);
  try {
    await migrate(db, place);
    await db
      .insertInto("organisations")
      .values({ organisationId: DEFAULT_ORGANISATION, name: "default", createdAt: now() })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await refreshStatistics(db);
    return db;
  } catch (error) {
    await db.destroy();
    if (!isForbidden(error)) throw error;
    const reason = "its user may not make tables there";
    throw new Refusal("DATABASE_UNFIT", { database: withoutPassword(place), reason }, { cause: error });
  }
}

/** Opens a database as it is. @throws {Refusal} DATABASE_UNREACHABLE or DATABASE_UNFIT */
export async function connect(place: string, connections = DEFAULT_CONNECTIONS): Promise<Database> {
  if (isPostgresUrl(place)) return openPostgres(place, { connections });
  return new Kysely<Tables>({
    dialect: new EmbeddedDialect(openSqlite(place)),
    plugins: [new CamelCasePlugin()],
  });
}
