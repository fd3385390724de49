import SqliteDatabase from "better-sqlite3";
import {
  CompiledQuery,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
  type DatabaseConnection,
  type DialectAdapter,
  type Driver,
} from "kysely";
import { withKeptStatements } from "./sqlite-statements.ts";

const BUSY_TIMEOUT_MS = 5000;

/** @param file path of the database, or `:memory:`. */
export function openSqlite(file: string): SqliteDatabase.Database {
  const sqlite = new SqliteDatabase(file);
  sqlite.pragma("journal_mode = WAL");
  // FULL syncs the log at every commit: NORMAL loses acknowledged writes when the power fails.
  sqlite.pragma("synchronous = FULL");
  sqlite.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  sqlite.pragma("cache_size = -16000");
  return sqlite;
}

export class EmbeddedDialect extends SqliteDialect {
  readonly #database: ReturnType<typeof withKeptStatements>;

  constructor(database: SqliteDatabase.Database) {
    const kept = withKeptStatements(database);
    super({ database: kept });
    this.#database = kept;
  }

  override createDriver(): Driver {
    return new ImmediateDriver({ database: this.#database });
  }

  override createAdapter(): DialectAdapter {
    return new TransactionalAdapter();
  }
}

/** Migrations are one transaction, so that one that was cut off left nothing: SQLite can, and Kysely does not ask. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/**
 * A transaction takes the write lock when it begins. One that reads first and then writes could not wait for another
 * process (a command beside a running cloud): SQLite refuses it at once, for what it has read is out of date.
 */
class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }
}
