import type { Selectable } from "kysely";
import { FAILURES, failureHelp, failureSentence, isFailureName } from "@halfshaft/ota-format";
import type { OutcomeEvent, StageEvent } from "@halfshaft/ota-format";
import type { Scope } from "../access/grants.ts";
import { inScope, isUnbounded } from "../vehicles/scope.ts";
import type { AskedPage, Listed } from "../db/cursor.ts";
import { onPostgres } from "../db/engine.ts";
import { isOneOf } from "../db/one-of.ts";
import { listPage, type Orders } from "../db/order.ts";
import type { Database } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";
import { Refusal } from "../refusals.ts";
import { hasBeginning, vinBegins } from "../vehicles/search/search.ts";
import { present } from "../vehicles/store.ts";
import type { OpenJob } from "./offer-rules.ts";
import { OPEN } from "./open.ts";
import type { JobFailure, JobStatus, JobSummary, WaitingReason } from "./schema.ts";

export type JobRow = Selectable<Tables["jobs"]>;
type ReportedFailure = NonNullable<OutcomeEvent["failure"]>;

/** @throws {Refusal} JOB_UNKNOWN */
export async function getJobRow(db: Database, organisationId: string, jobId: string): Promise<JobRow> {
  const row = await findJobRow(db, organisationId, jobId);
  if (!row) throw new Refusal("JOB_UNKNOWN", { jobId });
  return row;
}

export async function findJobRow(
  db: Database,
  organisationId: string,
  jobId: string,
): Promise<JobRow | undefined> {
  return db
    .selectFrom("jobs")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("jobId", "=", jobId)
    .executeTakeFirst();
}

/**
 * Keeps other transactions from changing a job until this one ends. Its offer may have been taken back since it was
 * read; nothing else of it changes but by its own vehicle, which writes one thing after another.
 */
export async function holdJob(tx: Database, job: JobRow): Promise<JobRow> {
  if (!onPostgres(tx)) return job;
  const { withdrawnAt } = await tx
    .selectFrom("jobs")
    .select("withdrawnAt")
    .where("organisationId", "=", job.organisationId)
    .where("jobId", "=", job.jobId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return { ...job, withdrawnAt: job.withdrawnAt ?? withdrawnAt };
}

export const JOB_ORDERS = {
  id: "j.jobId",
  by: { createdAt: "id" },
  first: "-createdAt",
} as const satisfies Orders;

/** All that are given must hold. */
export interface JobFilter {
  readonly campaignId?: string;
  readonly phaseId?: string;
  readonly vehicleId?: string;
  readonly statuses?: readonly JobStatus[];
  readonly failureCodes?: readonly string[];
  /** The beginning of the vehicle's id or VIN. */
  readonly q?: string;
}

/** Of the vehicles that some scope covers. */
export async function listJobs(
  db: Database,
  organisationId: string,
  page: AskedPage,
  filter: JobFilter,
  scopes: readonly Scope[],
): Promise<Listed<JobRow>> {
  const { campaignId, phaseId, vehicleId, statuses, failureCodes, q: beginning } = filter;
  const matching = db
    .selectFrom("jobs as j")
    .selectAll("j")
    .where("j.organisationId", "=", organisationId)
    // SQLite would begin with the vehicles, and sort the jobs of all of them.
    .$if(!isUnbounded(scopes), (q) =>
      q
        .innerJoin("vehicles as v", (join) =>
          join.onRef("v.organisationId", "=", "j.organisationId").onRef("v.vehicleId", "=", "j.vehicleId"),
        )
        .where((eb) => inScope(eb, scopes)),
    )
    .$if(campaignId !== undefined, (q) => q.where("j.campaignId", "=", campaignId!))
    .$if(phaseId !== undefined, (q) => q.where("j.phaseId", "=", phaseId!))
    .$if(vehicleId !== undefined, (q) => q.where("j.vehicleId", "=", vehicleId!))
    .$if(statuses !== undefined, (q) => q.where("j.status", "in", statuses!))
    .$if(failureCodes !== undefined, (q) => q.where("j.failureCode", "in", failureCodes!))
    .$if(beginning !== undefined, (q) =>
      q.where((eb) =>
        eb.or([
          // Ids are in the jobs themselves: where many begin so, the page is full soon.
          hasBeginning("j.vehicleId", beginning!),
          eb("j.vehicleId", "in", (vehicles) =>
            vehicles
              .selectFrom("vehicles as v")
              .select("v.vehicleId")
              .where("v.organisationId", "=", organisationId)
              .where((vehicle) => vinBegins(vehicle, beginning!)),
          ),
        ]),
      ),
    );
  return listPage(matching, page, JOB_ORDERS);
}

/** Jobs of a vehicle that have not ended, oldest first. */
export async function openJobs(db: Database, organisationId: string, vehicleId: string): Promise<JobRow[]> {
  return db
    .selectFrom("jobs")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .where("status", "in", OPEN)
    .orderBy("jobId")
    .execute();
}

export type OpenJobRow = JobRow & OpenJob;

/** As `openJobs`, of several vehicles, each with what its campaign says about who comes first. */
export async function openJobsWithCampaigns(
  db: Database,
  organisationId: string,
  vehicleIds: readonly string[],
): Promise<OpenJobRow[]> {
  return db
    .selectFrom("jobs as j")
    .innerJoin("campaigns as c", (join) =>
      join.onRef("c.organisationId", "=", "j.organisationId").onRef("c.campaignId", "=", "j.campaignId"),
    )
    .selectAll("j")
    .select(["c.state as campaignState", "c.priority"])
    .where("j.organisationId", "=", organisationId)
    .where(isOneOf(db, "j.vehicleId", vehicleIds))
    .where("j.status", "in", OPEN)
    .orderBy("j.jobId")
    .execute();
}

export async function jobEcus(db: Database, organisationId: string, jobId: string) {
  return db
    .selectFrom("jobEcus")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("jobId", "=", jobId)
    .orderBy("position")
    .execute();
}

/** What the ECUs run when the offers are made: the jobs may have been queued before their vehicles said so. */
export async function noteVersionsBefore(
  tx: Database,
  organisationId: string,
  jobIds: readonly string[],
): Promise<void> {
  await tx
    .updateTable("jobEcus")
    .from(["jobs as j", "ecus as e"])
    .set((eb) => ({ versionBefore: eb.ref("e.version"), sha256Before: eb.ref("e.imageSha256") }))
    .where("j.organisationId", "=", organisationId)
    .where(isOneOf(tx, "j.jobId", jobIds))
    .whereRef("jobEcus.organisationId", "=", "j.organisationId")
    .whereRef("jobEcus.jobId", "=", "j.jobId")
    .whereRef("e.organisationId", "=", "j.organisationId")
    .whereRef("e.vehicleId", "=", "j.vehicleId")
    .whereRef("e.ecuId", "=", "jobEcus.ecuId")
    .execute();
}

export function jobSummary(row: JobRow, waiting?: WaitingReason): JobSummary {
  const failure = jobFailure(row);
  return {
    ...present({
      jobId: row.jobId,
      campaignId: row.campaignId,
      phaseId: row.phaseId,
      releaseId: row.releaseId,
      vehicleId: row.vehicleId,
      attempt: row.attempt,
      status: row.status,
      stage: row.stage as StageEvent["stage"] | null,
      outcome: row.outcome as OutcomeEvent["outcome"] | null,
      manifest: row.manifest,
      withdrawnFor: row.withdrawnFor,
      createdAt: row.createdAt,
      offeredAt: row.offeredAt,
      expiresAt: row.expiresAt,
      startedAt: row.startedAt,
      heardAt: row.heardAt,
      endedAt: row.endedAt,
    }),
    ...(failure ? { failure } : {}),
    ...(waiting ? { waiting } : {}),
    ...(row.blockedBy === null ? {} : { blockedBy: JSON.parse(row.blockedBy) as string[] }),
  };
}

/** What went wrong: the vehicle's report, or that its manifest does not agree with its success. */
function jobFailure(row: JobRow): JobFailure | undefined {
  const text = row.failure ?? (row.manifest === "disagrees" ? row.manifestNote : null);
  if (text === null) return undefined;
  const { code, operands, ecuId } = JSON.parse(text) as ReportedFailure;
  const ecu = ecuId === undefined ? {} : { ecuId };
  // A vehicle with newer software may know codes that this cloud does not.
  if (!isFailureName(code)) {
    return { code, sentence: `The vehicle reported ${code}.`, help: "", retryable: false, ...ecu };
  }
  return {
    code,
    sentence: failureSentence(code, operands),
    help: failureHelp(code, operands),
    retryable: FAILURES[code].retryable,
    ...ecu,
  };
}
