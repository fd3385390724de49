import { type Fact, isClosing, type WaitAnswer } from "../journal/fact.ts";
import { consentOf } from "../journal/job-facts.ts";
import { conditionsOf } from "../vehicle-state.ts";
import type { UpdateDeps } from "./deps.ts";
import { UpdateFailure } from "./failure.ts";
import { journaled } from "./journaled.ts";
import type { Job } from "./machine.ts";

const MEASURE_EVERY_MS = 2_000;
/** A value at its limit may change its mind with every measurement; the cloud need not know of each. */
const TELL_EVERY_MS = 60_000;

/**
 * Waits until the vehicle is in the state that the safety policy demands, measured in this very moment. Before the
 * banks are written a person may still put the update off.
 * @param flashed whether it is about starting what is written
 * @throws {UpdateFailure} `READINESS_TIMEOUT`
 */
export function readiness(
  job: Job,
  flashed: boolean,
  deps: UpdateDeps,
  signal: AbortSignal,
): Promise<WaitAnswer> {
  const { offer } = job;
  const deadline =
    pendingDeadline(deps.journal.facts) ??
    Math.min(deps.now() + deps.limits.readinessTimeoutMs, offer.expiresAt);
  const told = { missing: "", at: Number.NEGATIVE_INFINITY };
  const tell = async (missing: readonly string[]): Promise<void> => {
    const at = deps.clock.now();
    if (told.missing === missing.join() || at < told.at + TELL_EVERY_MS) return;
    Object.assign(told, { missing: missing.join(), at });
    await deps.journal.append({ step: "readiness", kind: "intent", payload: { deadline, missing } });
  };
  const run = async (): Promise<WaitAnswer> => {
    while (true) {
      const put = flashed ? undefined : putOff(deps);
      if (put !== undefined) return put;
      const vehicle = await deps.vehicle.read();
      const conditions = conditionsOf(offer.safetyPolicy, vehicle, deps.now());
      deps.progress({ kind: "measured", vehicle, conditions });
      const missing = conditions.filter(({ met }) => !met);
      if (missing.length === 0) return "ready";
      await tell(missing.map(({ name }) => name));
      if (deps.now() >= deadline) {
        const names = missing.map(({ name }) => name).join(", ");
        const operands = { deadline: new Date(deadline).toISOString(), missing: names };
        throw new UpdateFailure({ code: "READINESS_TIMEOUT", operands });
      }
      await deps.nudge.pause(MEASURE_EVERY_MS, signal);
    }
  };
  return journaled("readiness", deps, signal, run, {
    intent: { deadline },
    done: (answer) => ({ answer }),
  });
}

/** A wait that a power cut interrupted goes on, it does not begin anew. */
function pendingDeadline(facts: readonly Fact[]): number | undefined {
  const last = facts.findLast(isClosing);
  return last?.step === "readiness" && last.kind === "intent" ? last.payload?.deadline : undefined;
}

/** What a person has decided since the update was to begin. */
function putOff({ journal, now }: UpdateDeps): WaitAnswer | undefined {
  const consent = consentOf(journal.facts);
  if (consent?.answer === "decline") return "declined";
  return consent !== undefined && consent.startAt > now() ? "later" : undefined;
}
