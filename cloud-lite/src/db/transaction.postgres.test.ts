import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lock } from "./engine.ts";
import type { Database } from "./database.ts";
import { openDatabase } from "./open.ts";
import { postgresDatabase, type TestDatabase } from "./test-database.ts";
import { inOneTransaction } from "./transaction.ts";

let database: TestDatabase;
let db: Database;
beforeEach(async () => {
  database = await postgresDatabase();
  db = await openDatabase(database.place, () => 0, { connections: 4 });
  await db
    .insertInto("organisations")
    .values(["first", "second"].map((organisationId) => ({ organisationId, name: "", createdAt: 0 })))
    .execute();
});
afterEach(async () => {
  await db.destroy();
  await database.drop();
});

const add = (tx: Database, organisationId: string) =>
  tx
    .updateTable("organisations")
    .set((eb) => ({ createdAt: eb("createdAt", "+", 1) }))
    .where("organisationId", "=", organisationId)
    .execute();

test("A12 of two transactions that wait for each other one is tried again, and both happen once", async () => {
  const both = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const cross = (mine: 0 | 1): Promise<void> =>
    inOneTransaction(db, async (tx) => {
      const names = ["first", "second"];
      await add(tx, names[mine]!);
      both[mine].resolve();
      await both[1 - mine]!.promise;
      await add(tx, names[1 - mine]!);
    });
  await Promise.all([cross(0), cross(1)]);
  const rows = await db
    .selectFrom("organisations")
    .select("createdAt")
    .where("organisationId", "in", ["first", "second"])
    .execute();
  expect(rows).toEqual([{ createdAt: 2 }, { createdAt: 2 }]);
});

test("A12 who waits too long for another transaction is told that the store is busy, and has changed nothing", async () => {
  await db.transaction().execute(async (holder) => {
    await lock(holder, "one");
    const waiting = inOneTransaction(db, async (tx) => {
      await add(tx, "first");
      await sql`set local lock_timeout = '50ms'`.execute(tx);
      await lock(tx, "one");
    });
    await expect(waiting).rejects.toMatchObject({ code: "STORE_BUSY", status: 503 });
  });
  const [row] = await db
    .selectFrom("organisations")
    .select("createdAt")
    .where("organisationId", "=", "first")
    .execute();
  expect(row).toEqual({ createdAt: 0 });
});
