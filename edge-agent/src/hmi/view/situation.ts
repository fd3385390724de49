import type { GatewayState, JobState } from "../../gateway-state.ts";

/** What the page has to say, chosen from the gateway's state alone. */
export type Situation =
  | { readonly kind: "loading" }
  | { readonly kind: "idle" }
  | { readonly kind: JobSituation; readonly job: JobState };

type JobSituation =
  | "offer"
  | "scheduled"
  | "waiting"
  | "progress"
  | "paused"
  | "succeeded"
  | "rolledBack"
  /** Failed, and the old software runs as before. */
  | "failedSafe"
  /** Failed, and a control unit is lost: do not drive. */
  | "lost"
  | "declined"
  | "expired";

/** Chooses the situation; the outcome of a job stands before its stage, the job before the vehicle. */
export function situationOf(state: GatewayState): Situation {
  const { job } = state;
  if (job) return { kind: job.outcome ? ended(job.outcome) : running(job, state.cloud), job };
  const reading = state.ecus.some((ecu) => ecu.answers === "asking");
  return { kind: reading || state.ecus.length === 0 ? "loading" : "idle" };
}

function ended({ kind, safeToDrive }: NonNullable<JobState["outcome"]>): JobSituation {
  if (!safeToDrive) return "lost";
  return kind === "failed" ? "failedSafe" : kind;
}

function running(job: JobState, cloud: GatewayState["cloud"]): JobSituation {
  if (job.stage === "consent") return job.consent?.scheduledFor === undefined ? "offer" : "scheduled";
  if (job.stage === "readiness") return "waiting";
  if (job.stage === "download" && (job.download?.paused || cloud === "offline")) return "paused";
  return "progress";
}

/** Whether the vehicle moves or is about to: then only what concerns driving is shown. */
export function isDriving({ vehicle }: GatewayState): boolean {
  return vehicle.gear === "D" || vehicle.gear === "R";
}
