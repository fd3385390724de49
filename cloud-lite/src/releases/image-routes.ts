import { Type } from "typebox";
import { HardwareId, Id, Image, ImageRequirements } from "@halfshaft/ota-format";
import { sendArtifact } from "../artifacts/send.ts";
import type { App, Cloud } from "../cloud.ts";
import { actorOf } from "../plugins/admission.ts";
import { answers, fileAnswers, fileBody, ref } from "../plugins/answers.ts";
import { ConditionalHeaders, writeIfMatch } from "../plugins/conditions.ts";
import { write, WriteHeaders, type Work } from "../plugins/writes.ts";
import { Refusal } from "../refusals.ts";
import { putImages, readImages } from "./add-images.ts";
import { requireDraft } from "./draft-routes.ts";
import { ImageBody, UploadQuery, UploadResult } from "./schema.ts";
import { getImage, getRelease, removeImage, setRequirements } from "./store.ts";
import { uploadedBytes } from "./uploads/upload-store.ts";

const Params = Type.Object({ releaseId: Id });
const HardwareParams = Type.Object({ releaseId: Id, hardwareId: HardwareId });
const ImageParams = Type.Object({ releaseId: Id, imageId: Id });
const tags = ["releases"];

/** What a raw binary, an Intel HEX or an S-record file may be sent as. */
const MEDIA_TYPES = ["application/octet-stream", "text/x-hex", "text/x-srec"] as const;

/** Images of a draft, and the files of every release. */
export function addImageRoutes(app: App, cloud: Cloud): void {
  addUploadRoute(app, cloud);
  addRequirementsRoute(app, cloud);
  addRemovalRoute(app, cloud);
  addFileRoutes(app, cloud);

  app.post(
    "/api/v1/releases/:releaseId/images",
    {
      schema: {
        tags,
        summary: "Add an image to a draft from a finished upload",
        params: Params,
        headers: WriteHeaders,
        body: ImageBody,
        response: answers(ref(UploadResult), 201),
      },
    },
    async (request, reply) => {
      const { organisationId } = actorOf(request);
      const { hardwareId, alsoFor = [], sha256, requires, ...query } = request.body;
      const upload = await uploadedBytes(cloud.db, organisationId, sha256);
      const read = await readImages(cloud, organisationId, {
        hardwareIds: [hardwareId, ...alsoFor],
        query: { ...(upload.format === null ? {} : { format: upload.format }), ...query },
        mediaType: MEDIA_TYPES[0],
        bytes: upload.bytes,
      });
      const { releaseId } = request.params;
      return write(cloud, request, reply, (work) => putImages(cloud, work, releaseId, read, requires), {
        status: 201,
      });
    },
  );
}

function addUploadRoute(app: App, cloud: Cloud): void {
  app.put(
    "/api/v1/releases/:releaseId/images/:hardwareId",
    {
      bodyLimit: cloud.config.maxImageBytes,
      config: { bodyLimitOption: "maxImageBytes" },
      schema: {
        tags,
        summary: "Upload an image into a draft at once: raw binary, Intel HEX or S-record",
        params: HardwareParams,
        headers: WriteHeaders,
        querystring: UploadQuery,
        body: fileBody(...MEDIA_TYPES),
        response: answers(ref(UploadResult)),
      },
    },
    async (request, reply) => {
      const { releaseId, hardwareId } = request.params;
      const { alsoFor, releaseCounter, address, ...query } = request.query;
      const { body } = request;
      const mediaType = (request.headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase();
      if (!(body instanceof Uint8Array)) throw new Refusal("MEDIA_TYPE_UNSUPPORTED", { mediaType });
      const read = await readImages(cloud, actorOf(request).organisationId, {
        hardwareIds: [hardwareId, ...(alsoFor?.split(",") ?? [])],
        query: {
          ...query,
          ...(releaseCounter === undefined ? {} : { releaseCounter: Number(releaseCounter) }),
          ...(address === undefined ? {} : { address: Number(address) }),
        },
        mediaType,
        bytes: body,
      });
      return write(cloud, request, reply, (work) => putImages(cloud, work, releaseId, read));
    },
  );
}

function addRequirementsRoute(app: App, cloud: Cloud): void {
  app.put(
    "/api/v1/releases/:releaseId/images/:hardwareId/requirements",
    {
      schema: {
        tags,
        summary: "Say what an image of a draft demands of the vehicle; an empty object demands nothing",
        params: HardwareParams,
        headers: ConditionalHeaders,
        body: ImageRequirements,
        response: answers(ref(Image)),
      },
    },
    (request, reply) => {
      const { releaseId, hardwareId } = request.params;
      return writeIfMatch(cloud, request, reply, {
        current: (work) => draftImage(work, releaseId, hardwareId),
        async change(work, { requires: before, ...image }) {
          const after = request.body;
          await setRequirements(work.tx, work.organisationId, image.imageId, after);
          await work.audit({
            action: "image.requirementsChanged",
            subjectKind: "release",
            subjectId: releaseId,
            payload: { hardwareId, before: before ?? {}, after },
          });
          return Object.keys(after).length === 0 ? image : { ...image, requires: after };
        },
      });
    },
  );
}

function addRemovalRoute(app: App, cloud: Cloud): void {
  app.delete(
    "/api/v1/releases/:releaseId/images/:hardwareId",
    {
      schema: {
        tags,
        summary: "Take an image out of a draft",
        params: HardwareParams,
        headers: ConditionalHeaders,
        response: answers(ref(Image)),
      },
    },
    (request, reply) => {
      const { releaseId, hardwareId } = request.params;
      return writeIfMatch(cloud, request, reply, {
        current: (work) => draftImage(work, releaseId, hardwareId),
        async change(work, before) {
          await removeImage(work.tx, work.organisationId, before.imageId);
          await work.audit({
            action: "image.removed",
            subjectKind: "release",
            subjectId: releaseId,
            payload: { before },
          });
          return before;
        },
      });
    },
  );
}

/** @throws {Refusal} RELEASE_UNKNOWN, RELEASE_IMMUTABLE or IMAGE_UNKNOWN */
async function draftImage(
  { tx, organisationId }: Work,
  releaseId: string,
  hardwareId: string,
): Promise<Image> {
  const release = await getRelease(tx, organisationId, releaseId);
  requireDraft(release);
  const image = release.images.find((candidate) => candidate.hardwareId === hardwareId);
  if (!image) throw new Refusal("IMAGE_UNKNOWN", { releaseId, imageId: `for ${hardwareId}` });
  return image;
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
