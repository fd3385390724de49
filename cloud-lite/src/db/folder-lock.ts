import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { Refusal } from "../refusals.ts";

/**
 * Keeps a data folder for one cloud: two would each have a broker of their own and write past each other. The lock is
 * SQLite's on a file, so it ends with the process, however that ends.
 * @returns the function that lets go of it
 * @throws {Refusal} DATA_IN_USE
 */
export function lockFolder(folder: string): () => void {
  const lock = new Sqlite(join(folder, "lock"), { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    lock.close();
    const isHeld = cause instanceof Sqlite.SqliteError && cause.code === "SQLITE_BUSY";
    if (!isHeld) throw cause;
    throw new Refusal("DATA_IN_USE", { folder }, { cause });
  }
  return () => lock.close();
}
