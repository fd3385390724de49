import { sql, type Selectable } from "kysely";
import type { Database } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";

export type JobRow = Selectable<Tables["jobs"]>;

/** A job with everything that goes with it; what a line of an archive holds. */
export interface WholeJob {
  readonly job: JobRow;
  readonly ecus: readonly Selectable<Tables["jobEcus"]>[];
  readonly events: readonly Selectable<Tables["events"]>[];
}

export const JOBS_AT_ONCE = 200;

/** Campaigns that ended before a time, oldest first. */
export async function campaignsEndedBefore(
  db: Database,
  organisationId: string,
  before: number,
): Promise<string[]> {
  const rows = await db
    .selectFrom("campaigns")
    .select("campaignId")
    .where("organisationId", "=", organisationId)
    .where("endedAt", "<", before)
    .orderBy("campaignId")
    .execute();
  return rows.map(({ campaignId }) => campaignId);
}

/**
 * The next jobs of a campaign that may go, with all that goes with them. What a vehicle is to have comes from its last
 * job, so that one stays.
 */
export async function endedJobs(
  db: Database,
  organisationId: string,
  campaignId: string,
  before: number,
  after: string,
): Promise<WholeJob[]> {
  const jobs = await db
    .selectFrom("jobs as j")
    .innerJoin("vehicles as v", (join) =>
      join.onRef("v.organisationId", "=", "j.organisationId").onRef("v.vehicleId", "=", "j.vehicleId"),
    )
    .selectAll("j")
    .where("j.organisationId", "=", organisationId)
    .where("j.campaignId", "=", campaignId)
    .where("j.jobId", ">", after)
    .where("j.endedAt", "<", before)
    .where((eb) => eb.or([eb("v.desiredJobId", "is", null), eb("v.desiredJobId", "!=", eb.ref("j.jobId"))]))
    .orderBy("j.jobId")
    .limit(JOBS_AT_ONCE)
    .execute();
  if (jobs.length === 0) return [];
  const ids = jobs.map(({ jobId }) => jobId);
  const ecus = await db
    .selectFrom("jobEcus")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("jobId", "in", ids)
    .orderBy("position")
    .execute();
  const events = await db
    .selectFrom("events")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("jobId", "in", ids)
    .orderBy("arrival")
    .execute();
  const [ecusOf, eventsOf] = [
    Map.groupBy(ecus, ({ jobId }) => jobId),
    Map.groupBy(events, ({ jobId }) => jobId),
  ];
  return jobs.map((job) => ({
    job,
    ecus: ecusOf.get(job.jobId) ?? [],
    events: eventsOf.get(job.jobId) ?? [],
  }));
}

/** What identifies an archived job and says whether it still is what was archived. */
export interface ArchivedJob {
  readonly jobId: string;
  readonly events: number;
}

/** Deletes jobs that are in an archive; one that has had an event since stays. @returns how many went */
export async function deleteJobs(
  tx: Database,
  organisationId: string,
  archived: readonly ArchivedJob[],
): Promise<number> {
  const known = new Map(archived.map(({ jobId, events }) => [jobId, events]));
  const now = await tx
    .selectFrom("jobs as j")
    .leftJoin("events as e", (join) =>
      join.onRef("e.organisationId", "=", "j.organisationId").onRef("e.jobId", "=", "j.jobId"),
    )
    .select((eb) => ["j.jobId", eb.fn.count<number>("e.eventId").as("events")])
    .where("j.organisationId", "=", organisationId)
    .where("j.jobId", "in", [...known.keys()])
    .groupBy("j.jobId")
    .execute();
  const ids = now.filter(({ jobId, events }) => known.get(jobId) === events).map(({ jobId }) => jobId);
  if (ids.length === 0) return 0;
  await keepCounts(tx, organisationId, ids);
  for (const table of ["events", "jobEcus", "jobs"] as const) {
    await tx
      .deleteFrom(table)
      .where("organisationId", "=", organisationId)
      .where("jobId", "in", ids)
      .execute();
  }
  return ids.length;
}

async function keepCounts(tx: Database, organisationId: string, ids: readonly string[]): Promise<void> {
  const counts = await tx
    .selectFrom("jobs")
    .select((eb) => ["phaseId", "status", "failureCode", eb.fn.countAll<number>().as("count")])
    .where("organisationId", "=", organisationId)
    .where("jobId", "in", [...ids])
    .where("latest", "=", 1)
    .groupBy(["phaseId", "status", "failureCode"])
    .execute();
  for (const { failureCode, ...row } of counts) {
    await tx
      .insertInto("archivedJobs")
      .values({ organisationId, ...row, failureCode: failureCode ?? "" })
      .onConflict((conflict) =>
        conflict
          .columns(["organisationId", "phaseId", "status", "failureCode"])
          .doUpdateSet({ count: sql`archived_jobs.count + excluded.count` }),
      )
      .execute();
  }
}

/** How the archived jobs of phases ended. */
export const archivedCounts = (db: Database, organisationId: string, phaseIds: readonly string[]) =>
  db
    .selectFrom("archivedJobs")
    .select(["phaseId", "status", "failureCode", "count"])
    .where("organisationId", "=", organisationId)
    .where("phaseId", "in", [...phaseIds])
    .execute();
