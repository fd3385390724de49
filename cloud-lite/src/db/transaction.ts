import { Refusal } from "../refusals.ts";
import { isLostRace, isTimeOut } from "./engine.ts";
import type { Database } from "./database.ts";

const ATTEMPTS = 5;

/**
 * Runs work in a transaction, and again where PostgreSQL ended it in favour of another one: it must do nothing outside
 * of the database that cannot be done twice.
 * @throws {Refusal} STORE_BUSY where it waited too long for others.
 */
export async function inOneTransaction<T>(db: Database, work: (tx: Database) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if (isTimeOut(error)) throw new Refusal("STORE_BUSY", {}, { cause: error });
      if (!isLostRace(error) || attempt === ATTEMPTS) throw error;
    }
  }
}
