import type { VersionManifest } from "@halfshaft/ota-format";
import type { Cloud } from "../cloud.ts";
import type { Flag } from "../db/columns.ts";
import type { Work } from "../plugins/writes.ts";
import { eventsOfJob } from "../telemetry/store.ts";
import { manifestAgreement } from "./agreement.ts";
import { deriveJob, orderEvents, stageFacts, TAKEN_BACK, type JobState } from "./derive.ts";
import { tellEnd, tellProgress } from "./tell.ts";
import type { StageFact } from "./schema.ts";
import { findJobRow, holdJob, jobEcus, openJobs, type JobRow } from "./store.ts";

const ENDS = ["succeeded", "rolledBack", "failed", "declined", "expired"] as const;

/** Derives a job's state anew from all of its events and stores it; audits its end, with the vehicle as actor. */
export async function updateJob(cloud: Cloud, work: Work, read: JobRow): Promise<void> {
  const { tx, organisationId } = work;
  const job = await holdJob(tx, read);
  const events = await eventsOfJob(tx, organisationId, job.vehicleId, job.jobId);
  const state = deriveJob(
    {
      jobId: job.jobId,
      attempt: job.attempt,
      offeredAt: job.offeredAt ?? undefined,
      withdrawnAt: job.withdrawnAt ?? undefined,
      manifest: job.manifest ?? undefined,
    },
    events,
  );
  const end = ENDS.find((status) => status === state.status);
  const failureCode = failureCodeOf(state);
  await tx
    .updateTable("jobs")
    .set((eb) => ({
      // To the kill switch, a sign of life or another end than an operator saw is news.
      seen: end
        ? eb
            .case()
            .when(
              eb.and([
                eb("status", "=", state.status),
                eb("failureCode", "is not distinct from", failureCode),
              ]),
            )
            .then(eb.ref("seen"))
            .else(eb.val<Flag>(0))
            .end()
        : 0,
      status: state.status,
      stage: state.stage ?? null,
      outcome: state.outcome ?? null,
      failure: state.failure ? JSON.stringify(state.failure) : null,
      failureCode,
      manifest: job.manifest,
      manifestNote: job.manifestNote,
      withdrawnAt: job.withdrawnAt,
      withdrawnFor: job.withdrawnFor,
      blockedBy: state.blockedBy ? JSON.stringify(state.blockedBy) : null,
      heardAt: job.heardAt,
      turn: state.status === "queued" ? job.turn : null,
      startedAt: state.startedAt ?? null,
      endedAt: state.endedAt ?? null,
    }))
    .where("organisationId", "=", organisationId)
    .where("jobId", "=", job.jobId)
    .execute();
  work.afterCommit(() => tellProgress(cloud, job, state, work.at));
  if (end && end !== job.status) {
    await noteSteps(work, job, stageFacts(orderEvents(job, events), undefined));
    const byCloud = state.outcome === undefined;
    await work.audit(
      {
        action: `job.${end}`,
        subjectKind: "job",
        subjectId: job.jobId,
        payload: {
          before: job.status,
          outcome: state.outcome,
          failure: state.failure,
          manifest: job.manifest,
          ...(job.withdrawnFor === null ? {} : { withdrawnFor: job.withdrawnFor }),
        },
      },
      byCloud ? { kind: "cloud", id: "offer" } : { kind: "vehicle", id: job.vehicleId },
    );
    work.afterCommit(() => tellEnd(cloud, job, state));
  }
}

/** Keeps how long each step took, for the percentiles of its campaign. */
async function noteSteps(work: Work, job: JobRow, facts: readonly StageFact[]): Promise<void> {
  const { organisationId, jobId, campaignId, phaseId } = job;
  const rows = facts.flatMap(({ stage, durationMs }) =>
    durationMs === undefined
      ? []
      : [{ organisationId, jobId, campaignId, phaseId, stage, durationMs: Math.round(durationMs) }],
  );
  if (rows.length === 0) return;
  await work.tx
    .insertInto("jobSteps")
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/**
 * What rates are made of; a success that the manifest contradicts has a code of its own. That an offer was taken back
 * from a driver is no failure, but a reason to make it again.
 */
function failureCodeOf({ status, failure }: JobState): string | null {
  if (status === "expired" && failure?.code === TAKEN_BACK) return TAKEN_BACK;
  if (status !== "failed" && status !== "rolledBack") return null;
  return failure?.code ?? (status === "failed" ? "REPORT_MANIFEST_DISAGREES" : null);
}

/** After new events: derives every job that they name. Events of another vehicle do not count for a job. */
export async function updateJobs(cloud: Cloud, work: Work, jobIds: Iterable<string>): Promise<void> {
  for (const jobId of new Set(jobIds)) {
    const job = await findJobRow(work.tx, work.organisationId, jobId);
    if (job) await updateJob(cloud, work, { ...job, heardAt: work.at });
  }
}

/**
 * After heartbeats that name jobs: a vehicle that waits for its surroundings, such as to be parked, has nothing else to
 * tell, and is not silent. In the middle of any other step it would have.
 */
export async function noteWaiting(
  { tx, organisationId, at }: Work,
  vehicleId: string,
  jobIds: readonly string[],
): Promise<void> {
  await tx
    .updateTable("jobs")
    .set({ heardAt: at, seen: 0 })
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .where("jobId", "in", jobIds)
    .where("status", "=", "active")
    .where("stage", "=", "readiness")
    .execute();
}

/** After a version manifest: notes for each open job whether it agrees, which may end the job. */
export async function noteManifest(
  cloud: Cloud,
  work: Work,
  vehicleId: string,
  manifest: VersionManifest,
): Promise<void> {
  for (const job of await openJobs(work.tx, work.organisationId, vehicleId)) {
    const expected = await jobEcus(work.tx, work.organisationId, job.jobId);
    const agreement = manifestAgreement(expected, manifest);
    // Before the vehicle claims success its old versions contradict nothing.
    const counts = agreement?.verdict === "agrees" || job.outcome === "succeeded";
    await updateJob(cloud, work, {
      ...job,
      heardAt: work.at,
      manifest: counts ? (agreement?.verdict ?? null) : null,
      manifestNote: counts && agreement?.failure ? JSON.stringify(agreement.failure) : null,
    });
  }
}
