import type { FailureRecord, OutcomeEvent, StageEvent } from "@halfshaft/ota-format";
import type { Fact } from "../journal/fact.ts";

/** Fields that the outbox adds when an event is written. */
type Stamped = "eventId" | "streamEpoch" | "seq" | "monotonicMs" | "bootId" | "clockTrusted" | "traceparent";

/** An event before it has its place in the stream. */
export type Draft = Omit<StageEvent, Stamped> | Omit<OutcomeEvent, Stamped>;

/**
 * What the cloud hears of a fact; nothing where it is the vehicle's own matter.
 * @param startedAt wall time of the intent that this fact closes, UTC ms
 */
export function draftOf(fact: Fact, startedAt?: number): Draft | undefined {
  const { jobId, attempt, at, step: stage, ecuId, kind, payload = {} } = fact;
  const job = { jobId, attempt, at };
  const failure = payload.failure === undefined ? {} : { failure: reported(payload.failure) };
  if (stage === "report") {
    // The outcome is told when it is known; that it was delivered the cloud knows by itself.
    if (payload.outcome === undefined) return undefined;
    return { ...job, type: "outcome", outcome: payload.outcome, ...failure };
  }
  const common = { ...job, type: "stage", stage, ...(ecuId === undefined ? {} : { ecuId }) } as const;
  switch (kind) {
    case "intent":
      return { ...common, kind: "started" };
    case "done":
    case "failed": {
      const durationMs = startedAt === undefined ? {} : { durationMs: Math.max(0, at - startedAt) };
      const bytes = payload.bytes === undefined ? {} : { bytes: payload.bytes };
      return { ...common, kind, ...durationMs, ...bytes, ...failure };
    }
    default:
      // What the driver answered shows in how the wait ends; what all ECUs are told to do is for the record.
      if (payload.decision === undefined) return undefined;
      return { ...common, kind: "decision", decision: payload.decision, ...failure };
  }
}

const reported = ({ code, operands, ecuId }: FailureRecord): NonNullable<StageEvent["failure"]> => ({
  code,
  operands: { ...operands },
  ...(ecuId === undefined ? {} : { ecuId }),
});
