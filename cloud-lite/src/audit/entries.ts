import { Type, type Static } from "typebox";
import { Id, Sha256, WallTime } from "@halfshaft/ota-format";
import type { AskedPage, Listed } from "../db/cursor.ts";
import type { Database } from "../db/database.ts";
import { listPage, type Orders } from "../db/order.ts";

const closed = { additionalProperties: false } as const;
const ACTOR_KINDS = ["operator", "vehicle", "cloud"] as const;
const Action = Type.String({ maxLength: 64, examples: ["release.published"] });
const Time = Type.String({ pattern: String.raw`^\d{1,15}$`, examples: ["1790000000000"] });

export const AuditEntry = Type.Object(
  {
    seq: Type.Integer({ minimum: 1, examples: [4711] }),
    auditId: Id,
    at: WallTime,
    actor: Type.Object(
      {
        kind: Type.Enum(ACTOR_KINDS),
        id: Type.String({ description: "Of the person, the vehicle or the part of the cloud" }),
        credentialId: Type.Optional(Type.String({ description: "The key or session that was used" })),
      },
      closed,
    ),
    action: Action,
    subject: Type.Object({ kind: Type.String(), id: Type.String() }, closed),
    requestId: Type.String({ description: "The same for all entries of one request" }),
    permission: Type.Optional(
      Type.String({ description: "What the actor needed", examples: ["release.write"] }),
    ),
    why: Type.Optional(Type.String({ description: "The reason that a person gave" })),
    payload: Type.Unknown({ description: "Before and after; null where it was redacted" }),
    redacted: Type.Optional(Type.Literal(true)),
    payloadDigest: Sha256,
    previousHash: Sha256,
    hash: Sha256,
  },
  { ...closed, $id: "AuditEntry" },
);
export type AuditEntry = Static<typeof AuditEntry>;

/** Filters of a query: all that are given must hold. */
export const AuditFilter = {
  subjectKind: Type.Optional(Type.String({ maxLength: 64, examples: ["release"] })),
  subjectId: Type.Optional(Type.String({ maxLength: 100 })),
  actorKind: Type.Optional(Type.Enum(ACTOR_KINDS)),
  actorId: Type.Optional(Type.String({ maxLength: 100 })),
  action: Type.Optional(
    Type.String({
      ...Action,
      description: "An action, or all that begin so: `release` has `release.published`",
    }),
  ),
  from: Type.Optional(Type.String({ ...Time, description: "Not before, UTC ms" })),
  to: Type.Optional(Type.String({ ...Time, description: "Before, UTC ms" })),
};
const FilterObject = Type.Object(AuditFilter);
export type AuditFilter = Static<typeof FilterObject>;

/** What follows the full stop in the order of bytes: `release.` to `release/` holds all that begin with `release.`. */
const AFTER_STOP = "/";

function entryRows(db: Database, organisationId: string, filter: AuditFilter) {
  const { subjectKind, subjectId, actorKind, actorId, action, from, to } = filter;
  return db
    .selectFrom("auditEntries as e")
    .leftJoin("auditPayloads as p", (join) =>
      join.onRef("p.auditId", "=", "e.auditId").onRef("p.organisationId", "=", "e.organisationId"),
    )
    .selectAll("e")
    .select(["p.payload", "p.salt", "p.why"])
    .where("e.organisationId", "=", organisationId)
    .$if(subjectKind !== undefined, (q) => q.where("e.subjectKind", "=", subjectKind!))
    .$if(subjectId !== undefined, (q) => q.where("e.subjectId", "=", subjectId!))
    .$if(actorKind !== undefined, (q) => q.where("e.actorKind", "=", actorKind!))
    .$if(actorId !== undefined, (q) => q.where("e.actorId", "=", actorId!))
    .$if(action !== undefined, (q) =>
      q.where((where) =>
        where.or([
          where("e.action", "=", action!),
          where.and([
            where("e.action", ">=", `${action}.`),
            where("e.action", "<", `${action}${AFTER_STOP}`),
          ]),
        ]),
      ),
    )
    .$if(from !== undefined, (q) => q.where("e.at", ">=", Number(from)))
    .$if(to !== undefined, (q) => q.where("e.at", "<", Number(to)));
}

export type EntryRow = Awaited<ReturnType<ReturnType<typeof entryRows>["execute"]>>[number];

export const AUDIT_ORDERS = {
  id: "e.seq",
  numbered: true,
  by: { seq: "id" },
  first: "-seq",
} as const satisfies Orders;

export const listAudit = (
  db: Database,
  organisationId: string,
  page: AskedPage,
  filter: AuditFilter,
): Promise<Listed<EntryRow>> => listPage(entryRows(db, organisationId, filter), page, AUDIT_ORDERS);

const ROWS_AT_ONCE = 500;

/** Oldest first, in pages: never more than 500 in memory. */
export async function* auditPages(
  db: Database,
  organisationId: string,
  filter: AuditFilter = {},
): AsyncGenerator<EntryRow[]> {
  let after: number | undefined;
  for (;;) {
    const rows: EntryRow[] = await entryRows(db, organisationId, filter)
      .$if(after !== undefined, (q) => q.where("e.seq", ">", after!))
      .orderBy("e.seq")
      .limit(ROWS_AT_ONCE)
      .execute();
    if (rows.length === 0) return;
    yield rows;
    after = rows.at(-1)!.seq;
  }
}

/** One line of JSON per entry, oldest first. */
export async function* auditLines(
  db: Database,
  organisationId: string,
  filter: AuditFilter,
): AsyncGenerator<string> {
  for await (const rows of auditPages(db, organisationId, filter)) {
    yield rows.map((row) => `${JSON.stringify(entryView(row))}\n`).join("");
  }
}

export const entryView = (row: EntryRow): AuditEntry => ({
  seq: row.seq,
  auditId: row.auditId,
  at: row.at,
  actor: {
    kind: row.actorKind,
    id: row.actorId,
    ...(row.credentialId === null ? {} : { credentialId: row.credentialId }),
  },
  action: row.action,
  subject: { kind: row.subjectKind, id: row.subjectId },
  requestId: row.requestId,
  ...(row.permission === null ? {} : { permission: row.permission }),
  ...(row.why === null ? {} : { why: row.why }),
  payload: row.payload === null ? null : (JSON.parse(row.payload) as unknown),
  ...(row.payload === null ? { redacted: true as const } : {}),
  payloadDigest: row.payloadDigest,
  previousHash: row.previousHash,
  hash: row.hash,
});
