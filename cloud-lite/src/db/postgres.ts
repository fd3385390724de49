import { CamelCasePlugin, Kysely, PostgresDialect, sql } from "kysely";
import type { CustomTypesConfig, types as pgTypes } from "pg";
import { Refusal } from "../refusals.ts";
import { withKeptStatements } from "./postgres-statements.ts";
import type { Tables } from "./tables.ts";

/** 15 is what the schema and its statements are tried with. */
const OLDEST_VERSION = 15;

const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 30_000;
/** Below the time-out of a statement, so that who waits for a lock is told so. */
const LOCK_TIMEOUT_MS = 10_000;
const IDLE_TRANSACTION_TIMEOUT_MS = 60_000;

export interface PostgresOptions {
  readonly connections: number;
  /** For migrations, which may take long and wait for those of another instance. */
  readonly unhurried?: boolean;
}

/**
 * A pool of connections. The driver is loaded here, so that an embedded cloud does without it.
 * @throws {Refusal} DATABASE_UNREACHABLE or DATABASE_UNFIT
 */
export async function openPostgres(url: string, options: PostgresOptions): Promise<Kysely<Tables>> {
  const { default: pg } = await import("pg");
  const pool = new pg.Pool({
    connectionString: url,
    max: options.connections,
    application_name: "halfshaft-cloud",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    types: numbersAsNumbers(pg.types),
    ...(options.unhurried
      ? {}
      : {
          statement_timeout: STATEMENT_TIMEOUT_MS,
          lock_timeout: LOCK_TIMEOUT_MS,
          idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
        }),
  });
  // A connection that breaks is replaced, and who waits for it is told; without listeners it would end the process, also
  // while nobody asks: the pool listens only to those that are idle.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => void client.on("error", () => undefined));
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: withKeptStatements(pool) }),
    plugins: [new CamelCasePlugin()],
  });
  try {
    await checkFitness(db, url);
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

const INT8 = 20;
const NUMERIC = 1700;

/** The driver gives int8 and numeric as text; counts, sums and milliseconds stay far below 2^53. */
function numbersAsNumbers(types: typeof pgTypes): CustomTypesConfig {
  return {
    getTypeParser: (oid: number, format?: "text" | "binary") =>
      oid === INT8 || oid === NUMERIC ? Number : types.getTypeParser(oid, format),
  };
}

/** Pages by cursor compare text as SQLite does: byte by byte. Another collation would leave rows out. */
async function checkFitness(db: Kysely<Tables>, url: string): Promise<void> {
  const database = withoutPassword(url);
  const { rows } = await sql<{ version: number; encoding: string; provider: string; collate: string }>`
    select current_setting('server_version_num')::int / 10000 as version,
      pg_encoding_to_char(encoding) as encoding, datlocprovider as provider, datcollate as collate
    from pg_database where datname = current_database()`
    .execute(db)
    .catch((cause: unknown) => {
      throw new Refusal("DATABASE_UNREACHABLE", { database, reason: reasonOf(cause) }, { cause });
    });
  const { version, encoding, provider, collate } = rows[0]!;
  const unfit = (reason: string): Refusal => new Refusal("DATABASE_UNFIT", { database, reason });
  if (version < OLDEST_VERSION) throw unfit(`it is PostgreSQL ${version}, older than ${OLDEST_VERSION}`);
  if (encoding !== "UTF8") throw unfit(`its encoding is ${encoding}, not UTF8`);
  const isByteOrder = provider !== "i" && /^(C|POSIX|C\.UTF-?8)$/i.test(collate);
  const sorting = provider === "i" ? "a collation of ICU" : collate;
  if (!isByteOrder) throw unfit(`it sorts text by ${sorting}, not by C`);
}

/** node-postgres joins the failures of several addresses in an error without a message. */
function reasonOf(error: unknown): string {
  if (error instanceof Refusal) return reasonOf(error.cause);
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(", ");
  const reason = error instanceof Error ? error.message : String(error);
  // The driver says this of a password that nobody gave.
  return reason.includes("client password must be a string") ? "it asks for a password" : reason;
}

export function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.password = "";
  return shown.href;
}
