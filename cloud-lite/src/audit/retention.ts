import type { Database } from "../db/database.ts";
import { inOneTransaction } from "../db/transaction.ts";
import { Refusal } from "../refusals.ts";
import type { Signer } from "../trust/signer.ts";
import { signPlace, type Seal } from "./checkpoint.ts";
import { appendAudit, headOf, type AuditActor } from "./store.ts";
import { REDACTED, requireUnbroken } from "./verify.ts";

/** Who asks for it, and when. */
interface Asked {
  readonly organisationId: string;
  readonly at: number;
  readonly actor: AuditActor;
}

/**
 * Removes the payload of an entry, with the reason for the entry. What remains says who did what, and the chain fits:
 * an entry of its own says who redacted it and why.
 * @throws {Refusal} AUDIT_ENTRY_UNKNOWN, or AUDIT_ENTRY_REDACTED where it has no payload any more
 */
export async function redactEntry(
  db: Database,
  { organisationId, at, actor }: Asked,
  auditId: string,
  why: string,
): Promise<void> {
  await inOneTransaction(db, async (tx) => {
    const entry = await tx
      .selectFrom("auditEntries")
      .select("seq")
      .where("organisationId", "=", organisationId)
      .where("auditId", "=", auditId)
      .executeTakeFirst();
    if (!entry) throw new Refusal("AUDIT_ENTRY_UNKNOWN", { auditId });
    const { numDeletedRows } = await tx
      .deleteFrom("auditPayloads")
      .where("organisationId", "=", organisationId)
      .where("auditId", "=", auditId)
      .executeTakeFirst();
    if (Number(numDeletedRows) === 0) throw new Refusal("AUDIT_ENTRY_REDACTED", { auditId });
    await appendAudit(tx, {
      organisationId,
      at,
      actor,
      requestId: "-",
      note: {
        action: REDACTED,
        subjectKind: "auditEntry",
        subjectId: auditId,
        payload: { seq: entry.seq },
        why,
      },
    });
  });
}

/**
 * Removes the entries before a time, oldest first, after a signed checkpoint was left in place of them; the newest
 * entry always stays. What an interrupted removal left is removed as well.
 * @param before UTC ms
 * @param seal of the data folder, where there is one: a log that was cut or rewritten before it is not shortened either
 * @returns how many entries were removed
 * @throws {Refusal} AUDIT_BROKEN or AUDIT_SEAL_BROKEN: a chain that does not fit is not shortened, for that would hide where
 *   it is broken
 */
export async function retainAudit(
  db: Database,
  { organisationId, at, actor }: Asked,
  signer: Signer,
  before: number,
  seal?: Seal,
): Promise<number> {
  await requireUnbroken(db, organisationId, signer.publicKey, seal);
  const last = await lastBefore(db, organisationId, before);
  if (last) {
    const checkpoint = await signPlace(signer, "checkpoint", { organisationId, ...last, at });
    await inOneTransaction(db, async (tx) => {
      await tx
        .insertInto("auditCheckpoints")
        .values({ ...checkpoint })
        .execute();
      await appendAudit(tx, {
        organisationId,
        at,
        actor,
        requestId: "-",
        note: {
          action: "audit.retained",
          subjectKind: "audit",
          subjectId: String(last.seq),
          payload: { removedBefore: before, lastRemoved: last.seq },
        },
      });
    });
  }
  return removeBehindCheckpoint(db, organisationId);
}

/** The last entry of those at the beginning that are all older; none where nothing is, or a checkpoint is there. */
async function lastBefore(
  db: Database,
  organisationId: string,
  before: number,
): Promise<{ seq: number; hash: string } | undefined> {
  const { kept } = await db
    .selectFrom("auditEntries")
    .select((eb) => eb.fn.min("seq").as("kept"))
    .where("organisationId", "=", organisationId)
    .where("at", ">=", before)
    .executeTakeFirstOrThrow();
  const head = await headOf(db, organisationId);
  const last = await db
    .selectFrom("auditEntries")
    .select(["seq", "hash"])
    .where("organisationId", "=", organisationId)
    .where("seq", "=", Math.min(kept ?? head.seq, head.seq) - 1)
    .executeTakeFirst();
  if (!last) return undefined;
  const there = await db
    .selectFrom("auditCheckpoints")
    .select("seq")
    .where("organisationId", "=", organisationId)
    .where("seq", ">=", last.seq)
    .executeTakeFirst();
  return there ? undefined : last;
}

const ROWS_AT_ONCE = 500;

async function removeBehindCheckpoint(db: Database, organisationId: string): Promise<number> {
  let removed = 0;
  for (;;) {
    const count = await inOneTransaction(db, (tx) => removeSome(tx, organisationId));
    if (count === 0) return removed;
    removed += count;
  }
}

async function removeSome(tx: Database, organisationId: string): Promise<number> {
  const { upTo } = await tx
    .selectFrom("auditCheckpoints")
    .select((eb) => eb.fn.max("seq").as("upTo"))
    .where("organisationId", "=", organisationId)
    .executeTakeFirstOrThrow();
  const rows = await tx
    .selectFrom("auditEntries")
    .select(["seq", "auditId"])
    .where("organisationId", "=", organisationId)
    .where("seq", "<=", upTo ?? 0)
    .orderBy("seq")
    .limit(ROWS_AT_ONCE)
    .execute();
  if (rows.length === 0) return 0;
  await tx
    .deleteFrom("auditPayloads")
    .where("organisationId", "=", organisationId)
    .where(
      "auditId",
      "in",
      rows.map(({ auditId }) => auditId),
    )
    .execute();
  await tx
    .deleteFrom("auditEntries")
    .where("organisationId", "=", organisationId)
    .where("seq", "<=", rows.at(-1)!.seq)
    .execute();
  return rows.length;
}
