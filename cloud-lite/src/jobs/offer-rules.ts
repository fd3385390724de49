import type { CampaignState } from "../campaigns/schema.ts";
import type { JobStatus } from "./schema.ts";

/** An open job of a vehicle, as far as it matters for what to offer. */
export interface OpenJob {
  readonly jobId: string;
  readonly status: JobStatus;
  /** Reported, but not yet ended: the version manifest is still to come. */
  readonly outcome: string | null;
  readonly expiresAt: number | null;
  readonly campaignState: CampaignState;
}

/**
 * Which job a vehicle is offered: the one that it has begun, whatever became of its campaign, for it must be able to
 * finish; else the oldest of an active campaign whose offer still stands. A job that was reported is not offered
 * again, and nothing new as long as it has not ended.
 */
export function jobToOffer<Job extends OpenJob>(jobs: readonly Job[], at: number): Job | undefined {
  const begun = jobs.find((job) => job.status === "active");
  if (begun) return begun.outcome === null ? begun : undefined;
  return jobs.find((job) => job.campaignState === "active" && !offerIsOver(job, at));
}

/** An offer that no vehicle took up in its time. */
export const offerIsOver = (job: Pick<OpenJob, "status" | "expiresAt">, at: number): boolean =>
  job.status === "offered" && job.expiresAt !== null && job.expiresAt <= at;
