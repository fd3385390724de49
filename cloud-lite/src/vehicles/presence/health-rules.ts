import type { PresenceFact, VehicleStatus } from "../search/selection.ts";

/** What the health of a vehicle is judged by. */
export interface HealthFacts {
  readonly presence: PresenceFact;
  readonly lastSeenAt: number | null;
  readonly heldReason: string | null;
  readonly isRetired: boolean;
  /** Statuses of the jobs that have not ended. */
  readonly openJobs: readonly string[];
  /** Code of why the newest job failed; null where it did not. */
  readonly failureCode: string | null;
  /** Of the last event that came; null before the first. */
  readonly clockTrusted: boolean | null;
  /** Events that were numbered and have not come. */
  readonly eventsLost: number;
}

export const HEALTH_STATES = ["good", "attention", "unknown"] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

export const HEALTH_REASONS = {
  retired: "The vehicle is retired.",
  neverSeen: "The vehicle was never heard of.",
  held: "Somebody must look at its ECUs before it gets anything: {heldReason}.",
  lastJobFailed: "Its newest job failed: {failureCode}.",
  offline: "It is offline.",
  clockUntrusted: "It does not trust its own clock; times that it reports may be wrong.",
  eventsLost: "{eventsLost} of its events have not come.",
} as const;
export type HealthReason = keyof typeof HEALTH_REASONS;

/** The status as `status.ts` finds it by SQL: the first that holds. */
export function statusOf(facts: HealthFacts): VehicleStatus {
  if (facts.heldReason !== null) return "held";
  if (facts.openJobs.includes("active")) return "updating";
  if (facts.openJobs.length > 0) return "waiting";
  if (facts.failureCode !== null) return "failed";
  return facts.lastSeenAt === null ? "new" : "idle";
}

/** What is the matter with a vehicle, most pressing first; nothing: it is well. */
export function healthReasons(facts: HealthFacts): HealthReason[] {
  const holds: Readonly<Record<HealthReason, boolean>> = {
    retired: facts.isRetired,
    neverSeen: facts.lastSeenAt === null,
    held: facts.heldReason !== null,
    lastJobFailed: facts.failureCode !== null,
    offline: facts.presence === "offline",
    clockUntrusted: facts.clockTrusted === false,
    eventsLost: facts.eventsLost > 0,
  };
  return (Object.keys(HEALTH_REASONS) as HealthReason[]).filter((reason) => holds[reason]);
}

/** Of a vehicle that never spoke, or is out of use, nothing is known. */
export function healthState(reasons: readonly HealthReason[]): HealthState {
  if (reasons.includes("retired") || reasons.includes("neverSeen")) return "unknown";
  return reasons.length === 0 ? "good" : "attention";
}

/** The reason as a person reads it. */
export const reasonSentence = (reason: HealthReason, facts: HealthFacts): string =>
  HEALTH_REASONS[reason].replaceAll(/\{(\w+)\}/g, (_hole, name: string) =>
    String(facts[name as keyof HealthFacts]),
  );
