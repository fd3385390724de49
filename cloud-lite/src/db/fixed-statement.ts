import type { CompiledQuery } from "kysely";
import type { Database } from "./database.ts";

const SLOT = "\u0000";

/** Stands for a parameter while the text of a statement is made. */
export const slot = (name: string): string => SLOT + name;

/**
 * A statement whose text is made once, for to make it costs more than to run it.
 * @param query has a `slot` for each parameter that differs from run to run
 * @returns runs it with what the slots stand for, by name; its rows have the names of SQL, such as `vehicle_id`.
 */
export function fixedStatement<Row>(
  db: Database,
  query: CompiledQuery,
): (given: Readonly<Record<string, unknown>>) => Promise<Row[]> {
  const plain = db.withoutPlugins();
  return async (given) => {
    const values = new Map<unknown, unknown>(
      Object.entries(given).map(([name, value]) => [slot(name), value]),
    );
    const parameters = query.parameters.map((parameter) =>
      values.has(parameter) ? values.get(parameter) : parameter,
    );
    return (await plain.executeQuery<Row>({ ...query, parameters })).rows;
  };
}
