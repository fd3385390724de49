import { sql, type RawBuilder } from "kysely";

/**
 * The value of a text column, an empty text for none, written so that no index serves it: where the rows are few
 * already, an index over the whole table is a detour that a database may still take.
 */
export const unindexed = (column: string): RawBuilder<string> =>
  sql<string>`coalesce(${sql.ref(column)}, '')`;
