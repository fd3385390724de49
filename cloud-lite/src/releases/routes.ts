import { Type } from "typebox";
import { HardwareId, Id, Release } from "@halfshaft/ota-format";
import { sendArtifact } from "../artifacts/send.ts";
import type { App, Cloud } from "../cloud.ts";
import { cutPage, PageQuery, readPage } from "../db/cursor.ts";
import { actorOf } from "../plugins/admission.ts";
import { answer, answers, answerWithETag, fileAnswers, fileBody, ref } from "../plugins/answers.ts";
import { write, WriteHeaders } from "../plugins/writes.ts";
import { Refusal } from "../refusals.ts";
import { getHardware } from "./hardware-store.ts";
import { publishRelease } from "./publish.ts";
import { addDeltaRoutes } from "./delta-routes.ts";
import { ReleaseBody, UploadQuery, UploadResult } from "./schema.ts";
import { getImage, getRelease, insertRelease, isReleased, listReleases, putImage } from "./store.ts";
import { readUpload } from "./upload.ts";

const Params = Type.Object({ releaseId: Id });
const ImageParams = Type.Object({ releaseId: Id, imageId: Id });
const Pages = Type.Object(PageQuery, { additionalProperties: false });
const tags = ["releases"];

export function addReleaseRoutes(app: App, cloud: Cloud): void {
  addDraftRoutes(app, cloud);
  addUploadRoute(app, cloud);
  addFileRoutes(app, cloud);
  addDeltaRoutes(app, cloud);

  app.get(
    "/api/v1/releases",
    {
      schema: {
        tags,
        summary: "List the releases, newest first",
        querystring: Pages,
        response: answers(Type.Array(ref(Release))),
      },
    },
    async (request) => {
      const page = readPage(request.query);
      const found = await listReleases(cloud.db, actorOf(request).organisationId, page);
      const { rows, nextCursor } = cutPage(found, page, (row) => row.releaseId);
      return answer(cloud, request, rows, nextCursor);
    },
  );

  app.get(
    "/api/v1/releases/:releaseId",
    { schema: { tags, summary: "Read a release", params: Params, response: answers(ref(Release)) } },
    async (request, reply) => {
      const { organisationId } = actorOf(request);
      const release = await getRelease(cloud.db, organisationId, request.params.releaseId);
      return answerWithETag(cloud, request, reply, release);
    },
  );
}

function addDraftRoutes(app: App, cloud: Cloud): void {
  app.post(
    "/api/v1/releases",
    {
      schema: {
        tags,
        summary: "Begin a release: a draft without images",
        headers: WriteHeaders,
        body: ReleaseBody,
        response: answers(ref(Release), 201),
      },
    },
    (request, reply) =>
      write(
        cloud,
        request,
        reply,
        async (work) => {
          const release = await insertRelease(work.tx, work.organisationId, work.at, request.body);
          await work.audit({
            action: "release.created",
            subjectKind: "release",
            subjectId: release.releaseId,
            payload: release,
          });
          return release;
        },
        { status: 201 },
      ),
  );

  app.post(
    "/api/v1/releases/:releaseId/publish",
    {
      schema: {
        tags,
        summary: "Publish: sign the images; from then on nothing of the release changes",
        params: Params,
        headers: WriteHeaders,
        response: answers(ref(Release)),
      },
    },
    (request, reply) =>
      write(cloud, request, reply, (work) => publishRelease(cloud, work, request.params.releaseId)),
  );
}

function addUploadRoute(app: App, cloud: Cloud): void {
  app.put(
    "/api/v1/releases/:releaseId/images/:hardwareId",
    {
      bodyLimit: cloud.config.maxImageBytes,
      schema: {
        tags,
        summary: "Upload an image into a draft: raw binary, Intel HEX or S-record",
        params: Type.Object({ releaseId: Id, hardwareId: HardwareId }),
        headers: WriteHeaders,
        querystring: UploadQuery,
        body: fileBody("application/octet-stream", "text/x-hex", "text/x-srec"),
        response: answers(ref(UploadResult)),
      },
    },
    async (request, reply) => {
      const { organisationId } = actorOf(request);
      const { releaseId, hardwareId } = request.params;
      const { version } = request.query;
      const { body } = request;
      const mediaType = (request.headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase();
      if (!(body instanceof Uint8Array)) throw new Refusal("MEDIA_TYPE_UNSUPPORTED", { mediaType });
      const { regions } = await getHardware(cloud.db, organisationId, hardwareId);
      const upload = readUpload({ hardwareId, regions, query: request.query, mediaType, bytes: body });
      return write(cloud, request, reply, async (work) => {
        const release = await getRelease(work.tx, organisationId, releaseId);
        if (await isReleased(work.tx, organisationId, hardwareId, version)) {
          throw new Refusal("IMAGE_VERSION_TAKEN", { hardwareId, version });
        }
        const { name, state } = release;
        if (state !== "draft") throw new Refusal("RELEASE_IMMUTABLE", { name, state });
        // A file without a row is harmless; a row without its file would not be.
        await cloud.artifacts.put(upload.file);
        const image = await putImage(work.tx, organisationId, work.at, releaseId, upload.image);
        const result = { image, leftOut: upload.leftOut };
        await work.audit({
          action: "image.uploaded",
          subjectKind: "release",
          subjectId: releaseId,
          payload: result,
        });
        return result;
      });
    },
  );
}

function addFileRoutes(app: App, cloud: Cloud): void {
  app.get(
    "/api/v1/releases/:releaseId/images/:imageId/descriptor",
    {
      schema: {
        tags,
        summary: "The signed descriptor, as the ECU gets it",
        params: ImageParams,
        response: fileAnswers("application/octet-stream", "The bytes"),
      },
    },
    async (request, reply) => {
      const { releaseId, imageId } = request.params;
      const image = await getImage(cloud.db, actorOf(request).organisationId, releaseId, imageId);
      if (image.descriptor === null) throw new Refusal("IMAGE_NOT_SIGNED", { imageId });
      return reply.type("application/octet-stream").send(Buffer.from(image.descriptor, "base64"));
    },
  );

  app.get(
    "/api/v1/releases/:releaseId/images/:imageId/file",
    {
      schema: {
        tags,
        summary: "The image file: its segments one after another",
        params: ImageParams,
        response: fileAnswers("application/octet-stream", "The bytes"),
      },
    },
    async (request, reply) => {
      const { releaseId, imageId } = request.params;
      const image = await getImage(cloud.db, actorOf(request).organisationId, releaseId, imageId);
      return sendArtifact(cloud, request, reply, { sha256: image.sha256, name: imageId });
    },
  );
}
