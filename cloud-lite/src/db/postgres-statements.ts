import type { Compilable, CompiledQuery, PostgresPool, PostgresPoolClient } from "kysely";
import type { Pool, PoolClient } from "pg";
import { Refusal } from "../refusals.ts";
import { isConnectionLost, onPostgres } from "./engine.ts";
import type { Database } from "./database.ts";

const MARK = "/* kept */ ";

/**
 * Marks a statement that PostgreSQL is to parse and plan once for each connection, for that takes longer than to run
 * it. Only for one whose best plan does not hang on its parameters (PostgreSQL 15, PREPARE, "Notes"), whose columns are
 * named (`select *` answers another row once a newer instance has migrated), and whose text is one of few. SQLite keeps
 * statements by itself.
 */
export const kept = <Row>(db: Database, query: CompiledQuery<Row>): CompiledQuery<Row> =>
  onPostgres(db) ? { ...query, sql: MARK + query.sql } : query;

/** The rows of a statement that is kept. */
export const executeKept = async <Row>(db: Database, query: Compilable<Row>): Promise<Row[]> =>
  (await db.executeQuery(kept(db, query.compile()))).rows;

/**
 * A pool whose connections keep the statements that are marked so.
 * Where there is no connection, or it breaks, who asks is refused with STORE_UNAVAILABLE.
 */
export function withKeptStatements(pool: Pool): PostgresPool {
  const names = new Map<string, string>();
  const nameOf = (text: string): string => {
    const name = names.get(text) ?? `kept_${names.size}`;
    names.set(text, name);
    return name;
  };
  // Kysely knows a connection by its identity.
  const clients = new WeakMap<PoolClient, PostgresPoolClient>();
  const clientOf = (client: PoolClient): PostgresPoolClient => {
    const made = clients.get(client) ?? keeping(client, nameOf);
    clients.set(client, made);
    return made;
  };
  return {
    options: pool.options,
    connect: async () => clientOf(await pool.connect().catch(unavailable)),
    end: () => pool.end(),
  };
}

function keeping(client: PoolClient, nameOf: (text: string) => string): PostgresPoolClient {
  const query = async (text: string, given: readonly unknown[]): Promise<unknown> => {
    const values = given as unknown[];
    try {
      return await client.query(
        text.startsWith(MARK) ? { name: nameOf(text), text, values } : { text, values },
      );
    } catch (error) {
      throw isConnectionLost(error) ? unavailable(error) : error;
    }
  };
  return {
    // Its other shape is for cursors, which nobody here uses.
    query: query as PostgresPoolClient["query"],
    release: (destroy?: boolean) => client.release(destroy),
  };
}

function unavailable(cause: unknown): never {
  throw new Refusal("STORE_UNAVAILABLE", {}, { cause });
}
