import type { Event, OutcomeEvent, StageEvent } from "@halfshaft/ota-format";
import type { JobStatus, StageFact } from "./schema.ts";

/** What the cloud itself knows of a job, apart from the vehicle's events. */
export interface JobFacts {
  readonly jobId: string;
  readonly attempt: number;
  readonly offeredAt?: number;
  /** When the offer ended unanswered, or was taken back. */
  readonly withdrawnAt?: number;
  /** Whether the version manifest agrees that every ECU runs the new version; absent until one tells. */
  readonly manifest?: "agrees" | "disagrees";
}

export interface JobState {
  readonly status: JobStatus;
  readonly stage?: StageEvent["stage"];
  readonly outcome?: OutcomeEvent["outcome"];
  readonly failure?: OutcomeEvent["failure"];
  /** What of the safety policy the vehicle waits for, or waited for at its end. */
  readonly blockedBy?: readonly string[];
  readonly startedAt?: number;
  readonly endedAt?: number;
}

/** How a vehicle reports that an offer was taken back while its driver had not decided. */
export const TAKEN_BACK = "CONSENT_WITHDRAWN";

/**
 * The state of a job from its events. Pure: the same events in any order, and any of them twice, give the same
 * state. Success needs the vehicle's word twice: its outcome, and its version manifest.
 */
export function deriveJob(facts: JobFacts, events: readonly Event[]): JobState {
  const ordered = orderEvents(facts, events);
  const stages = ordered.filter((event) => event.type === "stage");
  const outcome = ordered.find((event) => event.type === "outcome");
  const stage = stages.at(-1)?.stage;
  const startedAt = stages[0]?.at;
  if (outcome) {
    const end = {
      stage,
      startedAt,
      ...blocked(stages),
      outcome: outcome.outcome,
      failure: outcome.failure,
    };
    if (outcome.outcome !== "succeeded" || facts.manifest === "agrees") {
      return { ...end, status: outcome.outcome, endedAt: outcome.at };
    }
    if (facts.manifest === "disagrees") return { ...end, status: "failed", endedAt: outcome.at };
    return { ...end, status: "active" };
  }
  if (stages.length > 0) {
    return { status: "active", stage, startedAt, ...blocked(stages) };
  }
  if (facts.withdrawnAt !== undefined) return { status: "expired", endedAt: facts.withdrawnAt };
  return { status: facts.offeredAt === undefined ? "queued" : "offered" };
}

/** What the vehicle waited for when it last said anything. */
function blocked(stages: readonly StageEvent[]): Pick<JobState, "blockedBy"> {
  const blockedBy = stages.at(-1)?.missing;
  return blockedBy ? { blockedBy } : {};
}

/**
 * The events of this attempt, each once, in the order in which the vehicle wrote them. An epoch is a UUIDv7, so its
 * text sorts by time.
 */
export function orderEvents(
  facts: Pick<JobFacts, "jobId" | "attempt">,
  events: readonly Event[],
): (StageEvent | OutcomeEvent)[] {
  const unique = new Map<string, StageEvent | OutcomeEvent>();
  for (const event of events) {
    if (event.type === "heartbeat" || event.jobId !== facts.jobId || event.attempt !== facts.attempt)
      continue;
    unique.set(event.eventId, event);
  }
  return [...unique.values()].sort(
    (a, b) => compareText(a.streamEpoch, b.streamEpoch) || a.seq - b.seq || compareText(a.eventId, b.eventId),
  );
}

const compareText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** Stages of one ECU, or (without an ECU) of the job as a whole, each with its last state and its times. */
export function stageFacts(
  ordered: readonly (StageEvent | OutcomeEvent)[],
  ecuId: string | undefined,
): StageFact[] {
  const facts = new Map<string, StageFact>();
  for (const event of ordered) {
    if (event.type !== "stage" || event.kind === "decision" || event.ecuId !== ecuId) continue;
    const before = facts.get(event.stage);
    // Begun again after a power cut: keep the first start, drop the end.
    if (event.kind === "started") {
      facts.set(event.stage, {
        stage: event.stage,
        state: "started",
        startedAt: before?.startedAt ?? event.at,
      });
      continue;
    }
    facts.set(event.stage, {
      ...before,
      stage: event.stage,
      state: event.kind,
      endedAt: event.at,
      ...(event.durationMs === undefined ? {} : { durationMs: event.durationMs }),
      ...(event.bytes === undefined ? {} : { bytes: event.bytes }),
      ...(event.transport === undefined ? {} : { transport: event.transport }),
    });
  }
  return [...facts.values()];
}
