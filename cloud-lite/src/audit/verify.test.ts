import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Database } from "../db/database.ts";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import { testCloud, type TestCloud } from "../testing.ts";
import { redactEntry, retainAudit } from "./retention.ts";
import { appendAudits, type AuditGiven } from "./store.ts";
import { tamper, tamperings } from "./tampering.testing.ts";
import { verifyAudit } from "./verify.ts";

let fixture: TestCloud;
let db: Database;
beforeEach(async () => {
  fixture = await testCloud();
  db = fixture.cloud.db;
});
afterEach(() => fixture.close());

const actor = { kind: "operator", id: "ann", credentialId: "key-1" } as const;
const asked = () => ({ organisationId: DEFAULT_ORGANISATION, at: fixture.clock.at, actor });
const verify = () => verifyAudit(db, DEFAULT_ORGANISATION, fixture.cloud.signers.audit.publicKey);

const DAY_MS = 24 * 60 * 60 * 1000;

/** One entry a day, behind the one of the cloud's beginning. */
async function append(count: number): Promise<void> {
  const given = Array.from({ length: count }, (_, i): AuditGiven => {
    fixture.clock.at += DAY_MS;
    return {
      at: fixture.clock.at,
      actor,
      requestId: `request-${i}`,
      permission: "fleet.write",
      note: {
        action: "vehicle.changed",
        subjectKind: "vehicle",
        subjectId: `car-${i}`,
        payload: { after: i },
        ...(i % 2 === 0 ? { why: "service" } : {}),
      },
    };
  });
  await db.transaction().execute((tx) => appendAudits(tx, DEFAULT_ORGANISATION, given));
}

const auditIdOf = async (seq: number): Promise<string> =>
  (await db.selectFrom("auditEntries").select("auditId").where("seq", "=", seq).executeTakeFirstOrThrow())
    .auditId;

test("A6 an untouched log verifies, over more than one page", async () => {
  await append(1200);
  expect(await verify()).toEqual({ entries: 1201 });
});

test("A6 the newest entry cannot be taken away unnoticed", async () => {
  await append(3);
  await db
    .deleteFrom("auditPayloads")
    .where("auditId", "=", await auditIdOf(4))
    .execute();
  await db.deleteFrom("auditEntries").where("seq", "=", 4).execute();
  expect((await verify()).broken).toEqual({ seq: 4, reason: "entry 4 is missing" });
});

test("A6 a redacted payload leaves a log that verifies, and an entry that says who and why", async () => {
  await append(3);
  await redactEntry(db, asked(), await auditIdOf(3), "holds a name");
  expect(await verify()).toEqual({ entries: 5 });
  const [entry] = (await fixture.call("GET", "/api/v1/audit")).data() as object[];
  expect(entry).toMatchObject({
    action: "audit.redacted",
    actor: { kind: "operator", id: "ann" },
    why: "holds a name",
  });
  const shown = (await fixture.call("GET", "/api/v1/audit?subjectId=car-1")).data() as object[];
  expect(shown).toMatchObject([{ payload: null, redacted: true, action: "vehicle.changed" }]);
});

test("A6 a payload that was removed by hand is found", async () => {
  await append(3);
  await db
    .deleteFrom("auditPayloads")
    .where("auditId", "=", await auditIdOf(3))
    .execute();
  expect((await verify()).broken).toEqual({
    seq: 3,
    reason: "its payload was removed, and no entry says so",
  });
});

test("A6 retention leaves a signed checkpoint, from which the log verifies", async () => {
  await append(10);
  const before = fixture.clock.at - 4 * DAY_MS;
  expect(await retainAudit(db, asked(), fixture.cloud.signers.audit, before)).toBe(6);
  expect(await verify()).toEqual({ entries: 6 });
  expect(await retainAudit(db, asked(), fixture.cloud.signers.audit, before)).toBe(0);
  await append(3);
  expect(await retainAudit(db, asked(), fixture.cloud.signers.audit, fixture.clock.at)).toBeGreaterThan(0);
  expect((await verify()).broken).toBeUndefined();
});

test("A6 a removal that was cut off leaves a log that verifies, and is ended by the next one", async () => {
  await append(10);
  const rows = await db.selectFrom("auditEntries").selectAll().where("seq", "in", [5, 6]).execute();
  const ids = rows.map((row) => row.auditId);
  const payloads = await db.selectFrom("auditPayloads").selectAll().where("auditId", "in", ids).execute();
  const before = fixture.clock.at - 4 * DAY_MS;
  await retainAudit(db, asked(), fixture.cloud.signers.audit, before);
  await db.insertInto("auditEntries").values(rows).execute();
  await db.insertInto("auditPayloads").values(payloads).execute();
  expect((await verify()).broken).toBeUndefined();
  expect(await retainAudit(db, asked(), fixture.cloud.signers.audit, before)).toBe(2);
});

test("A6 a checkpoint that this cloud did not sign is found", async () => {
  await append(5);
  await retainAudit(db, asked(), fixture.cloud.signers.audit, fixture.clock.at);
  await db.updateTable("auditCheckpoints").set({ at: 1 }).execute();
  expect((await verify()).broken?.reason).toBe("its checkpoint is not signed by this cloud");
});

test("A6 a log that does not verify is not shortened", async () => {
  await append(5);
  await db.updateTable("auditEntries").set({ actorId: "bob" }).where("seq", "=", 2).execute();
  await expect(retainAudit(db, asked(), fixture.cloud.signers.audit, fixture.clock.at)).rejects.toThrow(
    "Audit entry 2 does not fit its chain: its content was changed.",
  );
  expect(await db.selectFrom("auditEntries").selectAll().execute()).toHaveLength(6);
});

test("A6 property: any single change of the log in the database is found", async () => {
  const [first, last, redacted] = [5, 12, 7];
  await append(last - 3);
  await retainAudit(db, asked(), fixture.cloud.signers.audit, fixture.clock.at - 5.5 * DAY_MS);
  await redactEntry(db, asked(), await auditIdOf(redacted), "holds a name");
  expect(await verify()).toEqual({ entries: last - first + 1 });
  await fc.assert(
    fc.asyncProperty(tamperings(first, last), async (tampering) => {
      const undo = new Undone();
      await db
        .transaction()
        .execute(async (tx) => {
          if (!(await tamper(tx, tampering, last))) throw undo;
          const { broken } = await verifyAudit(
            tx,
            DEFAULT_ORGANISATION,
            fixture.cloud.signers.audit.publicKey,
          );
          expect(broken, JSON.stringify(tampering)).toBeDefined();
          throw undo;
        })
        .catch((error: unknown) => {
          if (error !== undo) throw error;
        });
    }),
    { numRuns: 150 },
  );
});

class Undone extends Error {
  override readonly name = "Undone";
}
