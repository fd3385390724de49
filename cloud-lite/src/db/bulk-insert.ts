import type { CompiledQuery, Insertable } from "kysely";
import { onPostgres } from "./engine.ts";
import type { Database } from "./database.ts";
import { kept } from "./postgres-statements.ts";
import type { Tables } from "./tables.ts";

/** Rows of a statement, from many to few; none takes more parameters than SQLite allows. */
const SIZES = [500, 100, 25, 5, 1];

/**
 * Inserts rows where they do not collide with one that is there, by statements whose text is kept: to make the text of
 * a statement of hundreds of values costs more than to run it.
 * @param columns all that a row has, in this order
 * @returns inserts rows, and tells this column of those that were new.
 */
export function bulkInsert<
  Table extends keyof Tables,
  Column extends keyof Insertable<Tables[Table]> & string,
>(table: Table, columns: readonly Column[], returning: Column) {
  const texts = new Map<string, CompiledQuery>();
  const textFor = (tx: Database, size: number): CompiledQuery => {
    const key = `${onPostgres(tx) ? "postgres" : "sqlite"} ${size}`;
    const found = texts.get(key);
    if (found) return found;
    const blank = Object.fromEntries(columns.map((column) => [column, ""]));
    const compiled = tx
      .insertInto(table)
      .values(Array.from({ length: size }, () => blank) as never)
      .onConflict((conflict) => conflict.doNothing())
      .returning(returning as never)
      .compile();
    const made = kept(tx, compiled);
    texts.set(key, made);
    return made;
  };
  return async (tx: Database, rows: readonly Insertable<Tables[Table]>[]): Promise<Set<unknown>> => {
    const fresh = new Set<unknown>();
    let from = 0;
    for (const size of SIZES) {
      for (; rows.length - from >= size; from += size) {
        const parameters = rows
          .slice(from, from + size)
          .flatMap((row) => columns.map((column) => row[column]));
        const query = { ...textFor(tx, size), parameters };
        for (const row of (await tx.executeQuery<Record<string, unknown>>(query)).rows)
          fresh.add(row[returning]);
      }
    }
    return fresh;
  };
}
