import { Type } from "typebox";
import { FailureReport, Id } from "@halfshaft/ota-format";
import { scopesOf } from "../access/grants.ts";
import type { App, Cloud } from "../cloud.ts";
import { PageQuery, readPage } from "../db/cursor.ts";
import { sortParameter } from "../db/order.ts";
import { several, splitting, valuesOf } from "../db/several.ts";
import { operatorOf } from "../plugins/admission.ts";
import { answer, answers, answerWithETag, ref } from "../plugins/answers.ts";
import { VehicleId } from "../vehicles/schema.ts";
import { Job, JobStatusName, JobSummary } from "./schema.ts";
import { JOB_ORDERS, jobSummary, listJobs } from "./store.ts";
import { readJob } from "./view.ts";
import { waitingReasons } from "./waiting.ts";

const tags = ["jobs"];

/** A vehicle with newer software may report codes that this cloud does not know. */
const FailureCode = Type.String({ ...FailureReport.properties.code, examples: ["DOWNLOAD_INTERRUPTED"] });

const ListQuery = Type.Object(
  {
    ...PageQuery,
    sort: sortParameter(JOB_ORDERS),
    campaignId: Type.Optional(Type.String({ ...Id, description: "Of this campaign" })),
    phaseId: Type.Optional(Type.String({ ...Id, description: "Of this phase" })),
    vehicleId: Type.Optional(Type.String({ ...VehicleId, description: "Of this vehicle" })),
    status: several(JobStatusName, "Of this status"),
    failureCode: several(FailureCode, "Ended with this failure"),
    q: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        description: "The beginning of the vehicle's id or VIN",
        examples: ["demo-car"],
      }),
    ),
  },
  { additionalProperties: false },
);

export function addJobRoutes(app: App, cloud: Cloud): void {
  app.get(
    "/api/v1/jobs",
    {
      preValidation: splitting("status", "failureCode"),
      schema: {
        tags,
        summary: "List the jobs, filtered and sorted",
        querystring: ListQuery,
        response: answers(Type.Array(ref(JobSummary))),
      },
    },
    async (request) => {
      const page = readPage(request.query);
      const { organisationId, grants } = operatorOf(request);
      const scopes = scopesOf(grants, "campaign.read");
      const { status, failureCode } = request.query;
      const filter = {
        ...request.query,
        statuses: valuesOf(status),
        failureCodes: valuesOf(failureCode),
      };
      const { rows, nextCursor } = await listJobs(cloud.db, organisationId, page, filter, scopes);
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
