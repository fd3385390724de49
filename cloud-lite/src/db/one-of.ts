import { sql, type Expression, type SqlBool } from "kysely";
import { onPostgres } from "./engine.ts";
import type { Database } from "./database.ts";

/**
 * That a column has one of these values, which are one parameter: the text of the statement is the same for any number
 * of them, and shorter to plan.
 */
export const isOneOf = (db: Database, column: string, values: readonly string[]): Expression<SqlBool> =>
  isIn(db, column, onPostgres(db) ? [...values] : JSON.stringify(values));

/** As `isOneOf`; the parameter is an array on PostgreSQL, and its JSON on SQLite. */
export const isIn = (db: Database, column: string, parameter: unknown): Expression<SqlBool> =>
  onPostgres(db)
    ? sql<SqlBool>`${sql.ref(column)} = any(${parameter}::text[])`
    : sql<SqlBool>`${sql.ref(column)} in (select value from json_each(${parameter}))`;
