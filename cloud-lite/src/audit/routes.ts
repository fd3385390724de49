import { Readable } from "node:stream";
import { Type } from "typebox";
import type { App, Cloud } from "../cloud.ts";
import { cutPage, PageQuery, readPage } from "../db/cursor.ts";
import { actorOf } from "../plugins/admission.ts";
import { answer, answers, fileAnswers, ref } from "../plugins/answers.ts";
import { AuditEntry, AuditFilter, auditLines, entryView, listAudit } from "./entries.ts";

const tags = ["audit"];
const LINES = "application/x-ndjson";

export function addAuditRoutes(app: App, cloud: Cloud): void {
  app.get(
    "/api/v1/audit",
    {
      schema: {
        tags,
        summary: "List the audit log, newest first",
        querystring: Type.Object({ ...PageQuery, ...AuditFilter }, { additionalProperties: false }),
        response: answers(Type.Array(ref(AuditEntry))),
      },
    },
    async (request) => {
      const page = readPage(request.query);
      const found = await listAudit(cloud.db, actorOf(request).organisationId, page, request.query);
      const { rows, nextCursor } = cutPage(found, page, (row) => row.seq);
      return answer(cloud, request, rows.map(entryView), nextCursor);
    },
  );

  app.get(
    "/api/v1/audit/export",
    {
      schema: {
        tags,
        summary: "Export the audit log, oldest first, an entry a line",
        querystring: Type.Object(AuditFilter, { additionalProperties: false }),
        response: fileAnswers(LINES, "One AuditEntry a line"),
      },
    },
    async (request, reply) => {
      const { organisationId } = actorOf(request);
      const lines = auditLines(cloud.db, organisationId, request.query);
      return reply
        .type(LINES)
        .header("content-disposition", 'attachment; filename="audit.ndjson"')
        .send(Readable.from(lines, { objectMode: false }));
    },
  );
}
