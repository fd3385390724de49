import { Type } from "typebox";
import { Id } from "@halfshaft/ota-format";
import type { App, Cloud } from "../cloud.ts";
import { cutPage, PageQuery, readPage } from "../db/cursor.ts";
import { actorOf } from "../plugins/admission.ts";
import { answer, answers, answerWithETag, ref } from "../plugins/answers.ts";
import { VehicleId } from "../vehicles/schema.ts";
import { Job, JobStatusName, JobSummary } from "./schema.ts";
import { listJobs } from "./store.ts";
import { readJob } from "./view.ts";

const tags = ["jobs"];

export function addJobRoutes(app: App, cloud: Cloud): void {
  app.get(
    "/api/v1/jobs",
    {
      schema: {
        tags,
        summary: "List the jobs, newest first",
        querystring: Type.Object(
          {
            ...PageQuery,
            campaignId: Type.Optional(Id),
            vehicleId: Type.Optional(VehicleId),
            status: Type.Optional(JobStatusName),
          },
          { additionalProperties: false },
        ),
        response: answers(Type.Array(ref(JobSummary))),
      },
    },
    async (request) => {
      const page = readPage(request.query);
      const found = await listJobs(cloud.db, actorOf(request).organisationId, page, request.query);
      const { rows, nextCursor } = cutPage(found, page, (row) => row.jobId);
      return answer(cloud, request, rows, nextCursor);
    },
  );

  app.get(
    "/api/v1/jobs/:jobId",
    {
      schema: {
        tags,
        summary: "Read a job: each ECU's stages, and the timeline",
        params: Type.Object({ jobId: Id }),
        response: answers(ref(Job)),
      },
    },
    async (request, reply) => {
      const job = await readJob(cloud.db, actorOf(request).organisationId, request.params.jobId);
      return answerWithETag(cloud, request, reply, job);
    },
  );
}
