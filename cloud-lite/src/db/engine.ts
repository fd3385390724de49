import { PostgresAdapter, sql, type Kysely } from "kysely";
import type { Database } from "./database.ts";

export const isPostgresUrl = (place: string): boolean => /^postgres(ql)?:\/\//.test(place);

/** Whether a database, or a transaction of it, is PostgreSQL. */
export const onPostgres = <T>(db: Kysely<T>): boolean => db.getExecutor().adapter instanceof PostgresAdapter;

/**
 * Waits until no other transaction holds a lock of this name, and holds it until this transaction ends. SQLite has one
 * writer and needs none. Two names may share a lock: that costs waiting, never correctness.
 */
export async function lock(tx: Database, ...name: readonly string[]): Promise<void> {
  if (!onPostgres(tx)) return;
  await sql`select pg_advisory_xact_lock(hashtextextended(${name.join("/")}, 0))`.execute(tx);
}

/** As `lock`, of several names at once; always in the same order, so that two that do so wait rather than cross. */
export async function lockAll(tx: Database, names: readonly string[]): Promise<void> {
  if (!onPostgres(tx)) return;
  await sql`select pg_advisory_xact_lock(key) from (
    select distinct hashtextextended(name, 0) as key from unnest(${[...names]}::text[]) as name order by 1 offset 0
  ) as keys`.execute(tx);
}

// PostgreSQL 15, appendix A.
const SERIALIZATION_FAILURE = "40001";
const DEADLOCK_DETECTED = "40P01";
const LOCK_NOT_AVAILABLE = "55P03";
const QUERY_CANCELED = "57014";
const INSUFFICIENT_PRIVILEGE = "42501";

// Node.js, "Common system errors".
const LOST = ["ECONNRESET", "EPIPE", "ETIMEDOUT"];
/** Class 08: connection exception; 57P: the server ends, or is not there yet. */
const LOST_STATE = /^(08|57P)/;

const codeOf = (error: unknown): unknown =>
  error instanceof Error && "code" in error ? error.code : undefined;

export const isForbidden = (error: unknown): boolean => codeOf(error) === INSUFFICIENT_PRIVILEGE;

/** The transaction lost against another one and does no harm when it is tried again. */
export const isLostRace = (error: unknown): boolean =>
  [SERIALIZATION_FAILURE, DEADLOCK_DETECTED].includes(codeOf(error) as string);

/** The connection broke while a statement was on its way: whether it was done is not known. */
export const isConnectionLost = (error: unknown): boolean => {
  const code = codeOf(error);
  if (typeof code === "string") return LOST.includes(code) || LOST_STATE.test(code);
  // The driver has no codes of its own.
  return error instanceof Error && /^Connection terminated|not queryable$/.test(error.message);
};

// PostgreSQL 15, appendix A: 53 and 58 are insufficient resources and system errors, 25006 is a server that only reads.
// SQLite, "Result and Error Codes", with what they are extended by.
const TROUBLE = /^(53|58|25006$|SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY)(_|$))/;

/** What the database stands on fails it, whatever it was asked: its disk, its memory, or who else uses it. */
export const isStoreInTrouble = (error: unknown): boolean => {
  const code = codeOf(error);
  return typeof code === "string" && TROUBLE.test(code);
};

/** A statement took longer, or waited longer for another transaction, than it may. */
export const isTimeOut = (error: unknown): boolean =>
  [LOCK_NOT_AVAILABLE, QUERY_CANCELED].includes(codeOf(error) as string);
