import { Type } from "typebox";
import { sendArtifact } from "../artifacts/send.ts";
import type { App, Cloud } from "../cloud.ts";
import { actorOf } from "../plugins/admission.ts";
import { fileAnswers } from "../plugins/answers.ts";
import { Refusal } from "../refusals.ts";
import { findVehicleId } from "../vehicles/store.ts";
import { DIRECTOR_ROOT_REPOSITORY } from "./director-repository.ts";
import { currentImageRepository, currentDirector, readMetadata } from "./serving.ts";
import { IMAGE_REPOSITORY } from "./image-repository.ts";

const tags = ["repositories"];
/** With consistent snapshots every file but the timestamp has its version in its name (TUF 1.0.33, 6.2). */
const MetadataFile = Type.String({
  pattern: "^(timestamp|\\d{1,9}\\.(root|targets|snapshot|transport))\\.json$",
});
const VehicleId = Type.String({ pattern: "^[A-Za-z0-9._-]{1,64}$" });

/** The two TUF repositories: Image for everyone of the organisation, Director for its vehicle alone. */
export function addRepositoryRoutes(app: App, cloud: Cloud): void {
  app.get(
    "/repo/image/metadata/:file",
    {
      config: { access: "either" },
      schema: {
        tags,
        summary: "Metadata of the Image repository",
        params: Type.Object({ file: MetadataFile }),
        response: fileAnswers("application/json", "TUF metadata"),
      },
    },
    async (request, reply) => {
      const { organisationId } = actorOf(request);
      const { file } = request.params;
      if (file === "timestamp.json") await currentImageRepository(cloud, organisationId);
      const body = await readMetadata(cloud.db, organisationId, IMAGE_REPOSITORY, file);
      if (body === undefined) throw new Refusal("METADATA_UNKNOWN", { repository: "Image", file });
      return reply
        .type("application/json")
        .header("cache-control", cacheControl(file))
        .send(Buffer.from(body));
    },
  );

  app.get(
    "/repo/director/:vehicleId/metadata/:file",
    {
      config: { access: "vehicle" },
      schema: {
        tags,
        summary: "Metadata of a vehicle's Director repository",
        params: Type.Object({ vehicleId: VehicleId, file: MetadataFile }),
        response: fileAnswers("application/json", "TUF metadata"),
      },
    },
    async (request, reply) => {
      const actor = actorOf(request);
      const { vehicleId, file } = request.params;
      if (actor.kind !== "vehicle" || actor.vehicleId !== vehicleId) {
        throw new Refusal("OTHER_VEHICLE", { vehicleId });
      }
      const { organisationId } = actor;
      await findVehicleId(cloud.db, organisationId, vehicleId);
      if (file === "timestamp.json") await currentDirector(cloud, organisationId, vehicleId);
      const repository = file.endsWith(".root.json")
        ? DIRECTOR_ROOT_REPOSITORY
        : `${DIRECTOR_ROOT_REPOSITORY}/${vehicleId}`;
      const body = await readMetadata(cloud.db, organisationId, repository, file);
      if (body === undefined) throw new Refusal("METADATA_UNKNOWN", { repository: "Director", file });
      return reply
        .type("application/json")
        .header("cache-control", cacheControl(file))
        .send(Buffer.from(body));
    },
  );

  app.get(
    "/repo/image/targets/:folder/:file",
    {
      config: { access: "either" },
      schema: {
        tags,
        summary: "A file of the Image repository: `<folder>/<digest>.<name>`",
        params: Type.Object({
          folder: Type.String({ pattern: "^[a-z]{1,32}$" }),
          file: Type.String({ pattern: "^([0-9a-f]{64}|[0-9a-f]{128})\\.[A-Za-z0-9._+-]{1,200}$" }),
        }),
        response: fileAnswers("application/octet-stream", "The file, or the part that Range asks for"),
      },
    },
    async (request, reply) => {
      const { folder, file } = request.params;
      const dot = file.indexOf(".");
      const digest = file.slice(0, dot);
      const path = `${folder}/${file.slice(dot + 1)}`;
      const target = await cloud.db
        .selectFrom("tufTargets")
        .select(["sha256", "sha512"])
        .where("organisationId", "=", actorOf(request).organisationId)
        .where("repository", "=", IMAGE_REPOSITORY)
        .where("path", "=", path)
        .executeTakeFirst();
      if (!target || (digest !== target.sha256 && digest !== target.sha512)) {
        throw new Refusal("TARGET_UNKNOWN", { repository: "Image", target: path });
      }
      return sendArtifact(cloud, request, reply, { sha256: target.sha256, name: path });
    },
  );
}

/** Versioned files never change; the timestamp says what is new. */
const cacheControl = (file: string): string =>
  file === "timestamp.json" ? "no-store" : "private, max-age=31536000, immutable";
