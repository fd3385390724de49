import { Type } from "typebox";
import { Id, Release } from "@halfshaft/ota-format";
import type { App, Cloud } from "../cloud.ts";
import { PageQuery, readPage } from "../db/cursor.ts";
import { sortParameter } from "../db/order.ts";
import { actorOf } from "../plugins/admission.ts";
import { answer, answers, answersWithETag, answerWithETag, ref } from "../plugins/answers.ts";
import { addDeltaRoutes } from "./deltas/delta-routes.ts";
import { addDraftRoutes } from "./draft-routes.ts";
import { addImageRoutes } from "./image-routes.ts";
import { ReleaseFilter } from "./schema.ts";
import { getRelease, listReleases, RELEASE_ORDERS } from "./store.ts";
import { addUploadRoutes } from "./uploads/upload-routes.ts";

const Params = Type.Object({ releaseId: Id });
const tags = ["releases"];

export function addReleaseRoutes(app: App, cloud: Cloud): void {
  addDraftRoutes(app, cloud);
  addUploadRoutes(app, cloud);
  addImageRoutes(app, cloud);
  addDeltaRoutes(app, cloud);

  app.get(
    "/api/v1/releases",
    {
      schema: {
        tags,
        summary: "List the releases, filtered and sorted",
        querystring: Type.Object(
          { ...PageQuery, sort: sortParameter(RELEASE_ORDERS), ...ReleaseFilter },
          { additionalProperties: false },
        ),
        response: answers(Type.Array(ref(Release))),
      },
    },
    async (request) => {
      const page = readPage(request.query);
      const { organisationId } = actorOf(request);
      const { rows, nextCursor } = await listReleases(cloud.db, organisationId, page, request.query);
      return answer(cloud, request, rows, nextCursor);
    },
  );

  app.get(
    "/api/v1/releases/:releaseId",
    { schema: { tags, summary: "Read a release", params: Params, response: answersWithETag(ref(Release)) } },
    async (request, reply) => {
      const { organisationId } = actorOf(request);
      const release = await getRelease(cloud.db, organisationId, request.params.releaseId);
      return answerWithETag(cloud, request, reply, release);
    },
  );
}
