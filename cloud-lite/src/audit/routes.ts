import { Readable } from "node:stream";
import { Type } from "typebox";
import type { App, Cloud } from "../cloud.ts";
import { PageQuery, readPage } from "../db/cursor.ts";
import { sortParameter } from "../db/order.ts";
import { actorOf } from "../plugins/admission.ts";
import { answer, answers, fileAnswers, ref } from "../plugins/answers.ts";
import { AUDIT_ORDERS, AuditEntry, AuditFilter, auditLines, entryView, listAudit } from "./entries.ts";

const tags = ["audit"];
const LINES = "application/x-ndjson";

export function addAuditRoutes(app: App, cloud: Cloud): void {
  app.get(
    "/api/v1/audit",
    {
      schema: {
        tags,
        summary: "List the audit log, filtered; newest first unless said otherwise",
        querystring: Type.Object(
          { ...PageQuery, sort: sortParameter(AUDIT_ORDERS), ...AuditFilter },
          { additionalProperties: false },
        ),
        response: answers(Type.Array(ref(AuditEntry))),
      },
    },
    async (request) => {
      const page = readPage(request.query);
      const { organisationId } = actorOf(request);
      const { rows, nextCursor } = await listAudit(cloud.db, organisationId, page, request.query);
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
