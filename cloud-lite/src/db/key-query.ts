import type { Compilable, Expression, SqlBool } from "kysely";
import { onPostgres } from "./engine.ts";
import { isIn } from "./one-of.ts";
import type { Database } from "./open.ts";
import { kept } from "./postgres-statements.ts";

/** A statement about some keys. */
export type KeyQuery<Row> = (keys: readonly string[]) => Promise<Row[]>;

/** Stands for the keys while the statement's text is made. */
const KEYS = "\u0000keys";

/**
 * A statement whose text is made once and has one parameter for all of its keys, for to make the text costs more than
 * to run it, and to plan one with a parameter for each costs SQLite as much.
 * @param build makes the statement; `isKey` is the condition that a column is one of the keys
 * @returns runs it; its rows have the names of SQL, such as `vehicle_id`.
 */
export function keyQuery<Row>(
  db: Database,
  build: (isKey: (column: string) => Expression<SqlBool>) => Compilable,
): KeyQuery<Row> {
  const plain = db.withoutPlugins();
  const isPostgres = onPostgres(db);
  const { parameters, ...query } = build((column) => isIn(db, column, KEYS)).compile();
  const withKeys = (given: unknown): unknown[] =>
    parameters.map((parameter) => (parameter === KEYS ? given : parameter));
  if (!isPostgres) {
    return async (keys) =>
      (await plain.executeQuery<Row>({ ...query, parameters: withKeys(JSON.stringify(keys)) })).rows;
  }
  // One text for all rows: the driver takes longer to read them one by one.
  const asJson = kept(db, {
    ...query,
    parameters,
    sql: `select json_agg(found)::text as rows from (${query.sql}) as found`,
  });
  return async (keys) => {
    const { rows } = await plain.executeQuery<{ rows: string | null }>({
      ...asJson,
      parameters: withKeys(keys),
    });
    return JSON.parse(rows[0]?.rows ?? "[]") as Row[];
  };
}
