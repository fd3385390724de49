import { CamelCasePlugin, Kysely } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CHAIN_BEGIN, entryHash, payloadDigest } from "../audit/chain.ts";
import { verifyAudit } from "../audit/verify.ts";
import { MIGRATIONS } from "./migrations/all.ts";
import type { Database } from "./database.ts";
import { DEFAULT_ORGANISATION } from "./open.ts";
import { EmbeddedDialect, openSqlite } from "./sqlite.ts";

let db: Database;
beforeEach(() => {
  db = new Kysely({ dialect: new EmbeddedDialect(openSqlite(":memory:")), plugins: [new CamelCasePlugin()] });
});
afterEach(() => db.destroy());

const migrate = (migrations: Readonly<Record<string, Migration>>) =>
  new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
  }).migrateToLatest();

class PowerCut extends Error {
  override readonly name = "PowerCut";
}

test("A13 a migration that was cut off leaves nothing behind, and is carried out at the next start", async () => {
  const tables = async (): Promise<string[]> => (await db.introspection.getTables()).map(({ name }) => name);
  let isCut = true;
  const halfway: Migration = {
    async up(tx) {
      await tx.schema.createTable("half").addColumn("a", "text").execute();
      if (isCut) throw new PowerCut();
    },
  };
  expect((await migrate({ halfway })).error).toBeInstanceOf(PowerCut);
  expect(await tables()).toEqual([]);
  isCut = false;
  expect((await migrate({ halfway })).error).toBeUndefined();
  expect(await tables()).toEqual(["half"]);
});

test("A6 the audit log of an older cloud verifies after the migrations", async () => {
  const older = Object.entries(MIGRATIONS).filter(([name]) => name < "0003");
  await migrate(Object.fromEntries(older));
  let previousHash = CHAIN_BEGIN.hash;
  for (let seq = 1; seq <= 3; seq += 1) {
    const entry = {
      seq,
      auditId: `audit-${seq}`,
      at: seq,
      actorKind: "operator" as const,
      actorId: "key",
      action: "vehicle.created",
      subjectKind: "vehicle",
      subjectId: "car",
      requestId: "request",
      payloadDigest: payloadDigest("salt", "{}", null),
    };
    const hash = entryHash(previousHash, { ...entry, permission: null, credentialId: null });
    const organisationId = DEFAULT_ORGANISATION;
    await db
      .withTables<OlderTables>()
      .insertInto("auditEntries")
      .values({ organisationId, ...entry, previousHash, hash })
      .execute();
    await db
      .withTables<OlderTables>()
      .insertInto("auditPayloads")
      .values({ organisationId, auditId: entry.auditId, salt: "salt", payload: "{}" })
      .execute();
    previousHash = hash;
  }
  expect((await migrate(MIGRATIONS)).error).toBeUndefined();
  expect(await verifyAudit(db, DEFAULT_ORGANISATION, new Uint8Array(32))).toEqual({ entries: 3 });
});

/** Before they had more columns. */
type OlderTables = {
  auditEntries: Record<string, string | number>;
  auditPayloads: Record<string, string>;
};
