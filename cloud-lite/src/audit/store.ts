import { randomBytes } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import { lock } from "../db/engine.ts";
import type { Database } from "../db/open.ts";
import type { Page } from "../db/cursor.ts";
import {
  CHAIN_BEGIN,
  entryHash,
  findBreak,
  payloadDigest,
  type ChainBreak,
  type ChainedEntry,
} from "./chain.ts";

/** What a write says about itself. */
export interface AuditNote {
  /** Noun and past participle: `release.published`. */
  readonly action: string;
  readonly subjectKind: string;
  readonly subjectId: string;
  /** Before, after, why: kept apart from the chain, so that it can be redacted. */
  readonly payload: unknown;
}

export interface AuditActor {
  readonly kind: "operator" | "vehicle" | "cloud";
  readonly id: string;
}

/** One entry to be: when, who, in which request, and what. */
export interface AuditGiven {
  readonly at: number;
  readonly actor: AuditActor;
  readonly requestId: string;
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
  const last = await tx
    .selectFrom("auditEntries")
    .select(["seq", "hash"])
    .where("organisationId", "=", organisationId)
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
  const rows = chained({ seq: last?.seq ?? 0, hash: last?.hash ?? CHAIN_BEGIN }, given);
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const some = rows.slice(from, from + ROWS_AT_ONCE);
    await tx
      .insertInto("auditEntries")
      .values(some.map(({ entry }) => ({ organisationId, ...entry })))
      .execute();
    await tx
      .insertInto("auditPayloads")
      .values(
        some.map(({ entry, salt, payload }) => ({ organisationId, auditId: entry.auditId, salt, payload })),
      )
      .execute();
  }
}

interface NewEntry {
  readonly entry: ChainedEntry & { readonly actorKind: AuditActor["kind"] };
  readonly salt: string;
  readonly payload: string;
}

/** Each entry follows from the one before. */
function chained(last: { seq: number; hash: string }, given: readonly AuditGiven[]): NewEntry[] {
  let { seq, hash } = last;
  return given.map(({ at, actor, requestId, note }) => {
    const payload = JSON.stringify(note.payload ?? null);
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
      payloadDigest: payloadDigest(salt, payload),
    };
    const previousHash = hash;
    hash = entryHash(previousHash, metadata);
    return { entry: { ...metadata, previousHash, hash }, salt, payload };
  });
}

/** Newest first, one more than the page holds. */
export async function listAudit(
  db: Database,
  organisationId: string,
  page: Page,
  filter: { subjectId?: string; action?: string },
) {
  return db
    .selectFrom("auditEntries as e")
    .leftJoin("auditPayloads as p", (join) =>
      join.onRef("p.auditId", "=", "e.auditId").onRef("p.organisationId", "=", "e.organisationId"),
    )
    .selectAll("e")
    .select("p.payload")
    .where("e.organisationId", "=", organisationId)
    .$if(page.after !== undefined, (q) => q.where("e.seq", "<", Number(page.after)))
    .$if(filter.subjectId !== undefined, (q) => q.where("e.subjectId", "=", filter.subjectId!))
    .$if(filter.action !== undefined, (q) => q.where("e.action", "=", filter.action!))
    .orderBy("e.seq", "desc")
    .limit(page.limit + 1)
    .execute();
}

const CHECK_AT_ONCE = 1000;

/** Walks the whole chain of an organisation, payloads included where they are still kept. */
export async function verifyAudit(
  db: Database,
  organisationId: string,
): Promise<{ entries: number; broken?: ChainBreak }> {
  const entries: ChainedEntry[] = [];
  for (;;) {
    const rows = await db
      .selectFrom("auditEntries as e")
      .leftJoin("auditPayloads as p", (join) =>
        join.onRef("p.auditId", "=", "e.auditId").onRef("p.organisationId", "=", "e.organisationId"),
      )
      .selectAll("e")
      .select(["p.payload", "p.salt"])
      .where("e.organisationId", "=", organisationId)
      .where("e.seq", ">", entries.at(-1)?.seq ?? 0)
      .orderBy("e.seq")
      .limit(CHECK_AT_ONCE)
      .execute();
    for (const row of rows) {
      if (row.payload !== null && row.salt !== null) {
        if (payloadDigest(row.salt, row.payload) !== row.payloadDigest) {
          return { entries: row.seq - 1, broken: { seq: row.seq, reason: "its payload was changed" } };
        }
      }
      entries.push(row);
    }
    if (rows.length < CHECK_AT_ONCE) break;
  }
  const broken = findBreak(entries);
  return broken ? { entries: broken.seq - 1, broken } : { entries: entries.length };
}
