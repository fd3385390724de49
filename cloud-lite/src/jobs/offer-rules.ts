import type { CampaignState } from "../campaigns/life-cycle.ts";
import type { JobStatus, WaitingReason } from "./schema.ts";

/** An open job of a vehicle, as far as it matters for what to offer. */
export interface OpenJob {
  readonly jobId: string;
  readonly status: JobStatus;
  /** Reported, but not yet ended: the version manifest is still to come. */
  readonly outcome: string | null;
  readonly expiresAt: number | null;
  readonly stage: string | null;
  /** Its place in the queue of a paced phase; null: it may come. */
  readonly turn: number | null;
  readonly campaignId: string;
  readonly campaignState: CampaignState;
  /** 0 low, 1 normal, 2 critical. */
  readonly priority: number;
}

/** While a vehicle waits for its driver nothing has been done to it: a campaign that is not active takes the offer back. */
export const isWithdrawn = ({ campaignState, stage }: Pick<OpenJob, "campaignState" | "stage">): boolean =>
  campaignState !== "active" && stage === "consent";

/**
 * Which job a vehicle is offered: the one that it has begun, whatever becomes of its campaign later than in consent,
 * for it must be able to finish; else, of those whose campaign is active and whose turn has come, that of the highest
 * priority, then of the oldest campaign. One of a higher priority also takes the place of one that waits for its driver.
 * A job that was reported is not offered again, and nothing new as long as it has not ended.
 */
export function jobToOffer<Job extends OpenJob>(jobs: readonly Job[], at: number): Job | undefined {
  const begun = jobs.find((job) => job.status === "active");
  const [first] = jobs.filter((job) => job !== begun && mayCome(job, at)).sort(firstComes);
  if (begun === undefined) return first;
  if (begun.outcome !== null) return undefined;
  if (begun.stage === "consent" && first !== undefined && first.priority > begun.priority) return first;
  return isWithdrawn(begun) ? undefined : begun;
}

const mayCome = (job: OpenJob, at: number): boolean =>
  job.campaignState === "active" && job.turn === null && !offerIsOver(job, at);

/** C4: by priority, then age; ids are made in the order of time. */
const firstComes = (a: OpenJob, b: OpenJob): number =>
  b.priority - a.priority || compare(a.campaignId, b.campaignId) || compare(a.jobId, b.jobId);

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** An offer that no vehicle took up in its time. */
export const offerIsOver = (job: Pick<OpenJob, "status" | "expiresAt">, at: number): boolean =>
  job.status === "offered" && job.expiresAt !== null && job.expiresAt <= at;

/** What a queued job waits for; undefined: only for its vehicle to ask. */
export function waitingFor(
  job: OpenJob,
  jobs: readonly OpenJob[],
  vehicle: { readonly held: boolean; readonly retired: boolean; readonly notReady: boolean },
  at: number,
): WaitingReason | undefined {
  if (job.status !== "queued") return undefined;
  if (vehicle.retired) return "vehicleRetired";
  if (vehicle.held) return "vehicleHeld";
  if (job.campaignState !== "active") return "campaignPaused";
  if (job.turn !== null) return "turn";
  if (vehicle.notReady) return "notReady";
  return jobToOffer(jobs, at)?.jobId === job.jobId ? undefined : "otherJob";
}
