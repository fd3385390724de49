import type { Compilable, CompiledQuery } from "kysely";
import type { Database } from "./open.ts";

/** A statement about some keys, at least one. */
export type KeyQuery<Row> = (keys: readonly string[]) => Promise<Row[]>;

/** Stands for a key while the statement's text is made, and in no other parameter. */
const PLACEHOLDER = "\u0000key";

/**
 * Keeps the statement's text for each of a few sizes, for to make it costs more than to run it.
 * @param build makes the statement for these keys
 * @returns runs it; its rows have the names of SQL, such as `vehicle_id`.
 */
export function keyQuery<Row>(db: Database, build: (keys: readonly string[]) => Compilable): KeyQuery<Row> {
  const plain = db.withoutPlugins();
  const compiled = new Map<number, CompiledQuery<Row>>();
  const queryFor = (size: number): CompiledQuery<Row> => {
    const found = compiled.get(size);
    if (found) return found;
    const made = build(Array.from({ length: size }, () => PLACEHOLDER)).compile() as CompiledQuery<Row>;
    compiled.set(size, made);
    return made;
  };
  return async (keys) => {
    const query = queryFor(sizeFor(keys.length));
    let next = 0;
    const parameters = query.parameters.map((given) =>
      given === PLACEHOLDER ? keys[Math.min(next++, keys.length - 1)] : given,
    );
    return (await plain.executeQuery<Row>({ ...query, parameters })).rows;
  };
}

/** A power of two up to 16, then a multiple of 16: the last key fills the places that are left. */
const sizeFor = (keys: number): number =>
  keys <= 16 ? 2 ** Math.ceil(Math.log2(keys)) : Math.ceil(keys / 16) * 16;
