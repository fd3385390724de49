import { Type } from "typebox";
import { Id } from "@halfshaft/ota-format";
import { scopesOf } from "../access/grants.ts";
import type { App, Cloud } from "../cloud.ts";
import { cutPage, PageQuery, readPage } from "../db/cursor.ts";
import { operatorOf } from "../plugins/admission.ts";
import { answer, answers, answerWithETag, ref } from "../plugins/answers.ts";
import { VehicleId } from "../vehicles/schema.ts";
import { Job, JobStatusName, JobSummary } from "./schema.ts";
import { jobSummary, listJobs } from "./store.ts";
import { readJob } from "./view.ts";
import { waitingReasons } from "./waiting.ts";

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
      const { organisationId, grants } = operatorOf(request);
      const scopes = scopesOf(grants, "campaign.read");
      const found = await listJobs(cloud.db, organisationId, page, request.query, scopes);
      const { rows, nextCursor } = cutPage(found, page, (row) => row.jobId);
      const waiting = await waitingReasons(cloud.db, organisationId, rows, cloud.now());
      const jobs = rows.map((row) => jobSummary(row, waiting.get(row.jobId)));
      return answer(cloud, request, jobs, nextCursor);
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
      const { organisationId, grants } = operatorOf(request);
      const scopes = scopesOf(grants, "campaign.read");
      const { jobId } = request.params;
      const job = await readJob(cloud.db, { organisationId, jobId, scopes, at: cloud.now() });
      return answerWithETag(cloud, request, reply, job);
    },
  );
}
