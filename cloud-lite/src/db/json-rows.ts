import { sql, type RawBuilder } from "kysely";
import { onPostgres } from "./engine.ts";
import type { Database } from "./database.ts";

/**
 * Rows as a table of a statement, all of them one parameter: the text of a statement with a parameter for each value
 * takes longer to make, and to plan, than to run.
 * @param name of the table
 * @param columns their types in SQL, by names as in SQL; every row has a value for each
 */
export function jsonRows<Columns extends Record<string, "text" | "bigint">>(
  db: Database,
  name: string,
  columns: Columns,
  rows: readonly Readonly<Record<keyof Columns, string | number>>[],
): RawBuilder<unknown> {
  const json = JSON.stringify(rows);
  const named = Object.entries(columns);
  if (onPostgres(db)) {
    const typed = named.map(([column, type]) => sql`${sql.ref(column)} ${sql.raw(type)}`);
    return sql`json_to_recordset(${json}::json) as ${sql.ref(name)}(${sql.join(typed)})`;
  }
  const taken = named.map(([column]) => sql`value ->> ${sql.lit(column)} as ${sql.ref(column)}`);
  return sql`(select ${sql.join(taken)} from json_each(${json})) as ${sql.ref(name)}`;
}
