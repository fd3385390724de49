import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Database } from "../db/database.ts";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import { testCloud, type TestCloud } from "../testing.ts";
import { signPlace } from "./checkpoint.ts";
import { retainAudit } from "./retention.ts";
import { readSeal, runSealing, SEAL_FILE, sealLog } from "./seal.ts";
import { appendAudit, headOf } from "./store.ts";
import { requireUnbroken, verifyAudit } from "./verify.ts";

let fixture: TestCloud;
let db: Database;
let folder: string;
beforeEach(async () => {
  fixture = await testCloud();
  db = fixture.cloud.db;
  folder = await mkdtemp(join(tmpdir(), "halfshaft-seal-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
  await fixture.close();
});

const organisationId = DEFAULT_ORGANISATION;
const signer = () => fixture.cloud.signers.audit;
const sealOf = () => readSeal(folder, signer().publicKey);
const seal = () => sealLog(fixture.cloud, folder, organisationId, fixture.clock.at);
const verify = async () => requireUnbroken(db, organisationId, signer().publicKey, await sealOf());

/** Each a day after the one before. */
async function append(count: number, subjectId = "car"): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    fixture.clock.at += 24 * 60 * 60 * 1000;
    await db.transaction().execute((tx) =>
      appendAudit(tx, {
        organisationId,
        at: fixture.clock.at,
        actor: { kind: "operator", id: "ann" },
        requestId: "-",
        note: { action: "vehicle.changed", subjectKind: "vehicle", subjectId, payload: { n } },
      }),
    );
  }
}

/** As somebody does who holds the database: what is left fits in itself. */
async function cutBehind(seq: number): Promise<void> {
  const cut = await db.selectFrom("auditEntries").select("auditId").where("seq", ">", seq).execute();
  const auditIds = cut.map(({ auditId }) => auditId);
  await db.deleteFrom("auditPayloads").where("auditId", "in", auditIds).execute();
  await db.deleteFrom("auditEntries").where("seq", ">", seq).execute();
  await db.deleteFrom("auditHeads").execute();
  const last = await db
    .selectFrom("auditEntries")
    .select(["seq", "hash"])
    .where("seq", "=", seq)
    .executeTakeFirst();
  if (last)
    await db
      .insertInto("auditHeads")
      .values({ organisationId, ...last })
      .execute();
}

const cutTo = (missing: string) => ({ code: "AUDIT_SEAL_BROKEN", operands: { reason: missing } });

test("A6 a log of which nothing is left is broken, also without a seal", async () => {
  await append(2);
  await cutBehind(0);
  expect((await verifyAudit(db, organisationId, signer().publicKey)).broken).toMatchObject({ seq: 1 });
});

test("A6 entries that were cut off at the end are named by the seal", async () => {
  await append(5);
  await seal();
  await cutBehind(3);
  await expect(verify()).rejects.toMatchObject(cutTo("entries 4 to 6 are missing"));
});

test("A6 a log that was rewritten from an entry before the seal on is found", async () => {
  await append(5);
  await seal();
  await cutBehind(3);
  await append(4, "another");
  await expect(verify()).rejects.toMatchObject(cutTo("entry 6 is another one than was sealed"));
});

test("A6 a log that goes on after its seal verifies", async () => {
  await append(2);
  await seal();
  await append(2);
  expect(await verify()).toBe(5);
});

test("A6 a log that was cut is not sealed anew: the older seal stays", async () => {
  await append(5);
  await seal();
  await cutBehind(3);
  await expect(seal()).rejects.toMatchObject(cutTo("entries 4 to 6 are missing"));
  expect(await sealOf()).toMatchObject({ seq: 6 });
});

test("A6 a log that was cut is not shortened by retention", async () => {
  await append(5);
  await seal();
  await cutBehind(3);
  const asked = { organisationId, at: fixture.clock.at, actor: { kind: "operator", id: "ann" } } as const;
  const retained = retainAudit(db, asked, signer(), fixture.clock.at, await sealOf());
  await expect(retained).rejects.toMatchObject({ code: "AUDIT_SEAL_BROKEN" });
});

test("A6 a seal of an entry that is gone behind a later checkpoint is kept", async () => {
  await append(5);
  await seal();
  await append(5);
  const asked = { organisationId, at: fixture.clock.at, actor: { kind: "operator", id: "ann" } } as const;
  expect(await retainAudit(db, asked, signer(), fixture.clock.at, await sealOf())).toBeGreaterThan(6);
  expect(await verify()).toBe(2);
  expect(await seal()).toBe(true);
});

test("A6 nothing is sealed twice", async () => {
  expect([await seal(), await seal()]).toEqual([true, false]);
});

test.each([
  [
    "that was changed",
    async () => ({ ...JSON.parse(await readFile(join(folder, SEAL_FILE), "utf8")), seq: 1 }),
  ],
  [
    "that is a checkpoint",
    async () =>
      signPlace(signer(), "checkpoint", { organisationId, at: 1, ...(await headOf(db, organisationId)) }),
  ],
  ["of another shape", async () => []],
])("A6 a seal %s is none", async (_name, forge) => {
  await append(2);
  await seal();
  await writeFile(join(folder, SEAL_FILE), JSON.stringify(await forge()));
  await expect(sealOf()).rejects.toMatchObject(cutTo("the file is no seal that this cloud signed"));
});

test("A6 a cloud seals its log at once, once a minute, and when it stops", async () => {
  vi.useFakeTimers();
  try {
    let sealed = 0;
    const stop = runSealing(
      async () => {
        sealed += 1;
      },
      () => undefined,
    );
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sealed).toBe(2);
    await stop();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(sealed).toBe(3);
  } finally {
    vi.useRealTimers();
  }
});

test("A6 a seal that cannot be written is told, and tried again", async () => {
  const errors: unknown[] = [];
  const stop = runSealing(
    () => Promise.reject(new Error("disk full")),
    (error) => void errors.push(error),
  );
  await stop();
  expect(errors).toHaveLength(2);
});
