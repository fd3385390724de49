import type { FastifyReply } from "fastify";
import { Type } from "typebox";
import { Sha256 } from "@halfshaft/ota-format";
import type { App, Cloud } from "../../cloud.ts";
import { flagOf } from "../../config.ts";
import { PageQuery, readPage } from "../../db/cursor.ts";
import { sortParameter } from "../../db/order.ts";
import { actorOf } from "../../plugins/admission.ts";
import { answer, answers, fileBody, ref } from "../../plugins/answers.ts";
import { write, WriteHeaders, writeStreamed } from "../../plugins/writes.ts";
import { Refusal } from "../../refusals.ts";
import { beginUpload, finishUpload, receiveBytes } from "./upload-receive.ts";
import { Upload, UploadBody, UploadFilter } from "./upload-schema.ts";
import { deleteUpload, getUpload, listUploads, UPLOAD_ORDERS, uploadView } from "./upload-store.ts";

/** As tus and its kin name the next bytes of a file. */
const MEDIA_TYPE = "application/offset+octet-stream";
const Params = Type.Object({ sha256: Sha256 });
const tags = ["releases"];

/** Large files, in as many requests as the line needs. */
export function addUploadRoutes(app: App, cloud: Cloud): void {
  const { maxImageBytes } = cloud.config;

  app.post(
    "/api/v1/uploads",
    {
      schema: {
        tags,
        summary: "Begin an upload, or find the one of the same file: `offset` says where to go on",
        headers: WriteHeaders,
        body: UploadBody,
        response: answers(ref(Upload)),
      },
    },
    (request, reply) => {
      const { length, sha256 } = request.body;
      if (length > maxImageBytes) {
        const option = `--${flagOf("maxImageBytes")}`;
        throw new Refusal("UPLOAD_TOO_LARGE", { length, limit: maxImageBytes, option });
      }
      reply.header("location", `/api/v1/uploads/${sha256}`);
      return write(cloud, request, reply, (work) => beginUpload(cloud, work, actorOf(request), request.body));
    },
  );

  // In a scope of its own: nowhere else is a body a stream.
  void app.register(async (scope: App) => {
    scope.addContentTypeParser(MEDIA_TYPE, (_request, body, done) => done(null, body));
    addPatchRoute(scope, cloud);
  });

  app.get(
    "/api/v1/uploads",
    {
      schema: {
        tags,
        summary: "List the uploads that wait",
        querystring: Type.Object(
          { ...PageQuery, sort: sortParameter(UPLOAD_ORDERS), ...UploadFilter },
          { additionalProperties: false },
        ),
        response: answers(Type.Array(ref(Upload))),
      },
    },
    async (request) => {
      const page = readPage(request.query);
      const { organisationId } = actorOf(request);
      const { rows, nextCursor } = await listUploads(cloud.db, organisationId, page, request.query);
      return answer(cloud, request, rows.map(uploadView), nextCursor);
    },
  );

  app.get(
    "/api/v1/uploads/:sha256",
    {
      schema: {
        tags,
        summary: "Read how far an upload is; HEAD says it in Upload-Offset",
        params: Params,
        response: answers(ref(Upload)),
      },
    },
    async (request, reply) => {
      const row = await getUpload(cloud.db, actorOf(request).organisationId, request.params.sha256);
      sayOffset(reply, row.received);
      return answer(cloud, request, uploadView(row));
    },
  );

  app.delete(
    "/api/v1/uploads/:sha256",
    {
      schema: {
        tags,
        summary: "Give an upload up; images that were made of it stay",
        params: Params,
        headers: WriteHeaders,
        response: answers(ref(Upload)),
      },
    },
    (request, reply) =>
      write(cloud, request, reply, async (work) => {
        const { sha256 } = request.params;
        const row = await getUpload(work.tx, work.organisationId, sha256);
        await deleteUpload(work.tx, work.organisationId, sha256);
        const payload = { received: row.received, length: row.length };
        await work.audit({ action: "upload.deleted", subjectKind: "upload", subjectId: sha256, payload });
        return uploadView(row);
      }),
  );
}

function addPatchRoute(app: App, cloud: Cloud): void {
  app.patch(
    "/api/v1/uploads/:sha256",
    {
      schema: {
        tags,
        summary: "Send the next bytes; with the last one the digest is checked",
        description: "What arrived is kept when the connection breaks: ask for `offset` and go on there.",
        params: Params,
        headers: Type.Object({
          ...WriteHeaders.properties,
          "upload-offset": Type.String({
            pattern: String.raw`^\d{1,15}$`,
            description: "Of the first byte in the file; it must be the upload's `offset`",
            examples: ["131072"],
          }),
        }),
        body: fileBody(MEDIA_TYPE),
        response: answers(ref(Upload)),
      },
    },
    async (request, reply) => {
      const { sha256 } = request.params;
      const { organisationId } = actorOf(request);
      const offset = Number(request.headers["upload-offset"]);
      try {
        return await writeStreamed(cloud, request, reply, {
          async take(bytes) {
            const kept = await receiveBytes(cloud, organisationId, sha256, offset, bytes);
            await finishUpload(cloud, actorOf(request), request.id, kept);
          },
          async finish({ tx }) {
            const row = await getUpload(tx, organisationId, sha256);
            sayOffset(reply, row.received);
            return uploadView(row);
          },
        });
      } catch (error) {
        if (error instanceof Refusal && error.code === "UPLOAD_OFFSET_WRONG") {
          sayOffset(reply, Number(error.operands.received));
        }
        throw error;
      }
    },
  );
}

const sayOffset = (reply: FastifyReply, offset: number): void =>
  void reply.header("upload-offset", offset).header("cache-control", "no-store");
