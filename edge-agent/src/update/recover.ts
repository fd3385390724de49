import type { Stage } from "@halfshaft/ota-format";
import { type Fact, isClosing, type WaitAnswer } from "../journal/fact.ts";
import { decisionOf, trialFailure } from "../journal/job-facts.ts";

/** Where the machine starts: a stage of the job that was interrupted, or at rest. */
export type StartingPoint = Stage | "rest";

/**
 * Chooses by the facts of a job alone where to go on after a restart. Reads from the last fact that opened or
 * closed a step; what a step did for single ECUs it finds in the facts by itself.
 */
export function startingPoint(facts: readonly Fact[]): StartingPoint {
  // That the driver has seen the result moves nothing.
  const last = facts.findLast((fact) => isClosing(fact) && fact.payload?.seen !== true);
  if (last === undefined) return "rest";
  switch (last.kind) {
    case "done":
      return afterDone(last);
    case "intent":
      return afterIntent(last, facts);
    case "failed":
      return last.step === "activate" ? "confirm" : "report";
    default:
      // The consent is given or refused, or all ECUs have their order.
      return last.step;
  }
}

function afterDone({ step, payload }: Fact): StartingPoint {
  switch (step) {
    case "offer":
      return "plan";
    case "plan":
      return payload?.plan?.ecus.length === 0 ? "report" : "consent";
    case "consent":
      return payload?.answer === "ready" ? "download" : "report";
    case "download":
      return "verify";
    case "verify":
      return "patch";
    case "patch":
      return payload?.fallBack === true ? "download" : "readiness";
    case "readiness":
      return afterReadiness(payload?.answer);
    // What was measured before the power went says nothing about now.
    case "flash":
      return payload?.fallBack === true ? "download" : "readiness";
    // An ECU that lost power too runs its old software: each is driven to its trial again.
    case "activate":
      return "activate";
    case "confirm":
      return "report";
    case "report":
      return "rest";
    default:
      return step satisfies never;
  }
}

function afterReadiness(answer: WaitAnswer | undefined): StartingPoint {
  if (answer === "later") return "consent";
  return answer === "declined" ? "report" : "readiness";
}

function afterIntent({ step }: Fact, facts: readonly Fact[]): StartingPoint {
  if (step === "flash") return "readiness";
  if (step !== "confirm") return step;
  // Before the decision a power cut may have ended the trial of some ECU; a failure seen is decided upon.
  return decisionOf(facts) === undefined && trialFailure(facts) === undefined ? "activate" : "confirm";
}
