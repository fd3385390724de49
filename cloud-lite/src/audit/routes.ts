import { Type } from "typebox";
import { Id, Sha256, WallTime } from "@halfshaft/ota-format";
import type { App, Cloud } from "../cloud.ts";
import { cutPage, PageQuery, readPage } from "../db/cursor.ts";
import { actorOf } from "../plugins/admission.ts";
import { answer, answers, ref } from "../plugins/answers.ts";
import { listAudit } from "./store.ts";

export const AuditEntry = Type.Object(
  {
    seq: Type.Integer({ minimum: 1 }),
    auditId: Id,
    at: WallTime,
    actor: Type.Object(
      {
        kind: Type.Union([Type.Literal("operator"), Type.Literal("vehicle"), Type.Literal("cloud")]),
        id: Type.String(),
      },
      { additionalProperties: false },
    ),
    action: Type.String({ examples: ["release.published"] }),
    subject: Type.Object({ kind: Type.String(), id: Type.String() }, { additionalProperties: false }),
    requestId: Type.String(),
    payload: Type.Unknown({ description: "Null where it was redacted" }),
    payloadDigest: Sha256,
    previousHash: Sha256,
    hash: Sha256,
  },
  { additionalProperties: false, $id: "AuditEntry" },
);

export function addAuditRoutes(app: App, cloud: Cloud): void {
  app.get(
    "/api/v1/audit",
    {
      schema: {
        tags: ["audit"],
        summary: "List the audit log, newest first",
        querystring: Type.Object(
          {
            ...PageQuery,
            subjectId: Type.Optional(Type.String({ maxLength: 100 })),
            action: Type.Optional(Type.String({ maxLength: 64 })),
          },
          { additionalProperties: false },
        ),
        response: answers(Type.Array(ref(AuditEntry))),
      },
    },
    async (request) => {
      const page = readPage(request.query);
      const found = await listAudit(cloud.db, actorOf(request).organisationId, page, request.query);
      const { rows, nextCursor } = cutPage(found, page, (row) => row.seq);
      const entries = rows.map((row) => ({
        seq: row.seq,
        auditId: row.auditId,
        at: row.at,
        actor: { kind: row.actorKind, id: row.actorId },
        action: row.action,
        subject: { kind: row.subjectKind, id: row.subjectId },
        requestId: row.requestId,
        payload: row.payload === null ? null : (JSON.parse(row.payload) as unknown),
        payloadDigest: row.payloadDigest,
        previousHash: row.previousHash,
        hash: row.hash,
      }));
      return answer(cloud, request, entries, nextCursor);
    },
  );
}
