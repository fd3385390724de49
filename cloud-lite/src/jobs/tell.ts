import type { Cloud } from "../cloud.ts";
import type { JobState } from "./derive.ts";
import type { JobRow } from "./store.ts";

/** After the commit of what a job has become: live readers hear of its progress. */
export function tellProgress(cloud: Cloud, job: JobRow, state: JobState, at: number): void {
  const { jobId, vehicleId, campaignId, organisationId } = job;
  const stage = state.stage ?? null;
  if (state.status === job.status && stage === job.stage) return;
  cloud.live.progress(organisationId, { jobId, vehicleId, campaignId, status: state.status, stage, at });
}

/** After the commit of a job's end: metrics count it, its trace gets its root, and its campaign is looked at. */
export function tellEnd(cloud: Cloud, job: JobRow, state: JobState): void {
  const { jobId, vehicleId, campaignId, organisationId } = job;
  cloud.metrics.jobsEnded.inc({ outcome: state.status });
  const endAt = state.endedAt ?? cloud.now();
  cloud.tracing.jobEnded({
    jobId,
    vehicleId,
    campaignId,
    status: state.status,
    startAt: job.offeredAt ?? endAt,
    endAt,
    ...(state.failure ? { failure: state.failure.code } : {}),
  });
  // The kill switch does not wait.
  const isBad = state.status === "failed" || state.status === "rolledBack";
  cloud.campaigns[isBad ? "wake" : "wakeSoon"](organisationId, campaignId);
}
