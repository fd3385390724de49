import type { Fact } from "../journal/fact.ts";
import { isClosing } from "../journal/fact.ts";
import { offerOf } from "../journal/job-facts.ts";
import type { EventDraft } from "./outbox.ts";

const kinds = { intent: "started", done: "done", failed: "failed", decision: "decision" } as const;

/**
 * The events that a fact tells the cloud. Pure.
 * @param earlier facts of the same job before this one
 */
export function eventsOf(fact: Fact, earlier: readonly Fact[]): readonly EventDraft[] {
  const { jobId, attempt, step, kind, ecuId, payload } = fact;
  // That the driver has seen the result is the vehicle's own matter.
  if (payload?.seen === true) return [];
  const traceparent = offerOf([...earlier, fact])?.traceparent;
  const common = { jobId, attempt, ...(traceparent === undefined ? {} : { traceparent }) };
  const stage: EventDraft = {
    ...common,
    type: "stage",
    stage: step,
    kind: kinds[kind],
    ...(ecuId === undefined ? {} : { ecuId }),
    ...(kind === "done" || kind === "failed" ? { durationMs: durationMs(fact, earlier) } : {}),
    ...(payload?.bytes === undefined ? {} : { bytes: payload.bytes }),
    ...(payload?.transport === undefined ? {} : { transport: payload.transport }),
    ...(payload?.missing === undefined ? {} : { missing: [...payload.missing] }),
    ...(payload?.decision === undefined ? {} : { decision: payload.decision }),
    ...(payload?.failure === undefined ? {} : { failure: payload.failure }),
  };
  if (payload?.outcome === undefined) return [stage];
  const { outcome, failure } = payload;
  return [stage, { ...common, type: "outcome", outcome, ...(failure === undefined ? {} : { failure }) }];
}

/** From the step's last start, for this ECU or as a whole. A wall clock that was set back gives 0. */
function durationMs(fact: Fact, earlier: readonly Fact[]): number {
  const start = earlier.findLast(
    (other) => other.kind === "intent" && other.step === fact.step && other.ecuId === fact.ecuId,
  );
  const whole = earlier.findLast((other) => other.step === fact.step && isClosing(other));
  return Math.max(0, fact.at - (start ?? whole ?? fact).at);
}
