import type { Database } from "../db/database.ts";
import { CHAIN_BEGIN, payloadDigest, walkChain, type ChainBreak } from "./chain.ts";
import { checkpointsOf, isSigned, type Seal } from "./checkpoint.ts";
import { auditPages, type EntryRow } from "./entries.ts";
import { Refusal } from "../refusals.ts";
import { sealMisfit } from "./seal.ts";
import { headOf } from "./store.ts";

/** Of an entry that says that another one's payload was removed. */
export const REDACTED = "audit.redacted";

export interface AuditVerdict {
  /** How many fitted. */
  readonly entries: number;
  readonly broken?: ChainBreak;
  /** Why the log is not the one that was sealed, where the chain itself fits. */
  readonly unsealed?: string;
}

/**
 * Walks the whole log of an organisation, from its last checkpoint to its head, with a page of it in memory. Any entry
 * or payload that was changed, removed, added or moved is found; payloads that were redacted by an entry that says so
 * may be missing. What was rewritten as a whole, or cut off at its end, fits as a chain: that takes a seal to find.
 * @param publicKey Ed25519, 32 bytes: of the key that signs checkpoints and seals
 * @param seal read before, for a log that goes on growing may be sealed again meanwhile
 */
export async function verifyAudit(
  db: Database,
  organisationId: string,
  publicKey: Uint8Array,
  seal?: Seal,
): Promise<AuditVerdict> {
  const checkpoints = await checkpointsOf(db, organisationId);
  const forged = checkpoints.find((checkpoint) => !isSigned("checkpoint", checkpoint, publicKey));
  if (forged) {
    return { entries: 0, broken: { seq: forged.seq, reason: "its checkpoint is not signed by this cloud" } };
  }
  const walk = walkChain(checkpoints.at(-1) ?? CHAIN_BEGIN);
  let entries = 0;
  let payloads = 0;
  for await (const rows of auditPages(db, organisationId)) {
    for (const row of rows) {
      const broken = walk.step(row) ?? changedPayload(row);
      if (broken) return { entries, broken };
      entries += 1;
      payloads += row.payload === null ? 0 : 1;
    }
    const broken = await removedPayload(db, organisationId, rows);
    if (broken) return { entries, broken };
  }
  const broken =
    (await brokenHead(db, organisationId, walk.place)) ??
    (await addedPayload(db, organisationId, payloads)) ??
    emptyLog(entries);
  if (broken) return { entries, broken };
  const unsealed = seal && (await sealMisfit(db, seal, publicKey));
  return unsealed === undefined ? { entries } : { entries, unsealed };
}

/** As `verifyAudit`. @returns how many entries fitted @throws {Refusal} AUDIT_BROKEN or AUDIT_SEAL_BROKEN */
export async function requireUnbroken(...given: Parameters<typeof verifyAudit>): Promise<number> {
  const { entries, broken, unsealed } = await verifyAudit(...given);
  if (broken) throw new Refusal("AUDIT_BROKEN", { ...broken });
  if (unsealed !== undefined) throw new Refusal("AUDIT_SEAL_BROKEN", { reason: unsealed });
  return entries;
}

/** A cloud notes its own beginning, and its newest entry always stays. */
const emptyLog = (entries: number): ChainBreak | undefined =>
  entries === 0
    ? { seq: 1, reason: "there is no entry at all, and each cloud has one from its beginning" }
    : undefined;

function changedPayload({ seq, salt, payload, why, ...row }: EntryRow): ChainBreak | undefined {
  if (payload === null || salt === null) return undefined;
  if (payloadDigest(salt, payload, why) === row.payloadDigest) return undefined;
  return { seq, reason: "its payload was changed" };
}

/** A payload may be missing only where a later entry says that it was redacted. */
async function removedPayload(
  db: Database,
  organisationId: string,
  rows: readonly EntryRow[],
): Promise<ChainBreak | undefined> {
  const missing = rows.filter(({ payload }) => payload === null);
  if (missing.length === 0) return undefined;
  const redactions = await db
    .selectFrom("auditEntries")
    .select("subjectId")
    .where("organisationId", "=", organisationId)
    .where("action", "=", REDACTED)
    .where(
      "subjectId",
      "in",
      missing.map(({ auditId }) => auditId),
    )
    .execute();
  const redacted = new Set(redactions.map(({ subjectId }) => subjectId));
  const removed = missing.find(({ auditId }) => !redacted.has(auditId));
  return removed && { seq: removed.seq, reason: "its payload was removed, and no entry says so" };
}

/** Entries that were appended during the walk are behind it: the head may be ahead of what was walked then. */
async function brokenHead(
  db: Database,
  organisationId: string,
  place: { readonly seq: number; readonly hash: string },
): Promise<ChainBreak | undefined> {
  const head = await headOf(db, organisationId);
  if (head.seq === place.seq && head.hash === place.hash) return undefined;
  if (head.seq === place.seq) return { seq: place.seq, reason: "it is not the one that the head names" };
  if (head.seq < place.seq) return { seq: place.seq, reason: `the log's head is entry ${head.seq}` };
  const next = await db
    .selectFrom("auditEntries")
    .select("seq")
    .where("organisationId", "=", organisationId)
    .where("seq", "=", place.seq + 1)
    .executeTakeFirst();
  return next ? undefined : { seq: head.seq, reason: `entry ${place.seq + 1} is missing` };
}

async function addedPayload(
  db: Database,
  organisationId: string,
  expected: number,
): Promise<ChainBreak | undefined> {
  const { count } = await db
    .selectFrom("auditPayloads")
    .select((eb) => eb.fn.countAll().as("count"))
    .where("organisationId", "=", organisationId)
    .executeTakeFirstOrThrow();
  if (Number(count) === expected) return undefined;
  const added = await db
    .selectFrom("auditPayloads as p")
    .leftJoin("auditEntries as e", (join) =>
      join.onRef("e.organisationId", "=", "p.organisationId").onRef("e.auditId", "=", "p.auditId"),
    )
    .select("p.auditId")
    .where("p.organisationId", "=", organisationId)
    .where("e.auditId", "is", null)
    .limit(1)
    .executeTakeFirst();
  return added && { seq: 0, reason: `payload ${added.auditId} belongs to no entry` };
}
