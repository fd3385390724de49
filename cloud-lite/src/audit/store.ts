import { randomBytes } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import { lock } from "../db/engine.ts";
import type { Database } from "../db/database.ts";
import type { AuditAction } from "./actions.ts";
import { CHAIN_BEGIN, entryHash, payloadDigest, type ChainedEntry, type ChainPlace } from "./chain.ts";

/** What a write says about itself. */
export interface AuditNote {
  readonly action: AuditAction;
  readonly subjectKind: string;
  readonly subjectId: string;
  /** Before and after: kept apart from the chain, so that it can be redacted. */
  readonly payload: unknown;
  /** What a person gave as the reason; kept and redacted with the payload. */
  readonly why?: string;
}

export interface AuditActor {
  readonly kind: "operator" | "vehicle" | "cloud";
  readonly id: string;
  /** With which credential. */
  readonly credentialId?: string;
}

/** One entry to be: when, who, in which request, and what. */
export interface AuditGiven {
  readonly at: number;
  readonly actor: AuditActor;
  readonly requestId: string;
  /** What the actor needed for it. */
  readonly permission?: string;
  readonly note: AuditNote;
}

/** Appends one entry; call it within the transaction of the write that it describes, and last. */
export const appendAudit = (
  tx: Database,
  { organisationId, ...given }: AuditGiven & { readonly organisationId: string },
): Promise<void> => appendAudits(tx, organisationId, [given]);

const ROWS_AT_ONCE = 500;

/**
 * Appends entries in this order. One transaction at a time appends to the chain of an organisation and the others wait
 * for its commit: so call it last.
 */
export async function appendAudits(
  tx: Database,
  organisationId: string,
  given: readonly AuditGiven[],
): Promise<void> {
  if (given.length === 0) return;
  await lock(tx, organisationId, "audit");
  const rows = chained(await headOf(tx, organisationId), given);
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const some = rows.slice(from, from + ROWS_AT_ONCE);
    await tx
      .insertInto("auditEntries")
      .values(some.map(({ entry }) => ({ organisationId, ...entry })))
      .execute();
    await tx
      .insertInto("auditPayloads")
      .values(some.map(({ entry, ...payload }) => ({ organisationId, auditId: entry.auditId, ...payload })))
      .execute();
  }
  const { seq, hash } = rows.at(-1)!.entry;
  await tx
    .insertInto("auditHeads")
    .values({ organisationId, seq, hash })
    .onConflict((conflict) => conflict.column("organisationId").doUpdateSet({ seq, hash }))
    .execute();
}

/** The last entry of an organisation's log. */
export async function headOf(db: Database, organisationId: string): Promise<ChainPlace> {
  const head = await db
    .selectFrom("auditHeads")
    .select(["seq", "hash"])
    .where("organisationId", "=", organisationId)
    .executeTakeFirst();
  return head ?? CHAIN_BEGIN;
}

interface NewEntry {
  readonly entry: ChainedEntry & { readonly actorKind: AuditActor["kind"] };
  readonly salt: string;
  readonly payload: string;
  readonly why: string | null;
}

/** Each entry follows from the one before. */
function chained(last: ChainPlace, given: readonly AuditGiven[]): NewEntry[] {
  let { seq, hash } = last;
  return given.map(({ at, actor, requestId, permission = null, note }) => {
    const payload = JSON.stringify(note.payload ?? null);
    const why = note.why ?? null;
    const salt = randomBytes(16).toString("hex");
    const metadata = {
      seq: (seq += 1),
      auditId: uuidv7(),
      at,
      actorKind: actor.kind,
      actorId: actor.id,
      action: note.action,
      subjectKind: note.subjectKind,
      subjectId: note.subjectId,
      requestId,
      payloadDigest: payloadDigest(salt, payload, why),
      permission,
      credentialId: actor.credentialId ?? null,
    };
    const previousHash = hash;
    hash = entryHash(previousHash, metadata);
    return { entry: { ...metadata, previousHash, hash }, salt, payload, why };
  });
}
