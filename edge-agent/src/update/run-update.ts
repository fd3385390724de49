import { createActor } from "xstate";
import { isFlashed, offerOf, planOf } from "../journal/job-facts.ts";
import type { Fact } from "../journal/fact.ts";
import { createUpdateMachine, type Steps } from "./machine.ts";
import { startingPoint } from "./recover.ts";

/**
 * Runs one job from where its facts say, or from asking for an offer, to its end.
 * Resolves when the job has ended, or there was none; rejects with the signal's reason.
 */
export async function runUpdate(steps: Steps, facts: readonly Fact[], signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const actor = createActor(createUpdateMachine(steps), {
    input: {
      startAt: startingPoint(facts),
      offer: offerOf(facts),
      plan: planOf(facts),
      flashed: isFlashed(facts),
    },
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  actor.subscribe({ complete: resolve, error: reject });
  actor.start();
  try {
    await promise;
  } finally {
    signal.removeEventListener("abort", abort);
    actor.stop();
  }
}
