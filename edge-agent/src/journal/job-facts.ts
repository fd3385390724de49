import type { FailureRecord, Offer, Outcome } from "@halfshaft/ota-format";
import type { Plan } from "../update/plan-types.ts";
import { type Decision, type Fact, type FactPayload, isClosing } from "./fact.ts";

/** What the facts of one job say, as questions. All of these are pure. */

/** The last value of a payload's field. */
export function lastPayload<K extends keyof FactPayload>(
  facts: readonly Fact[],
  field: K,
): FactPayload[K] | undefined {
  return facts.findLast((fact) => fact.payload?.[field] !== undefined)?.payload?.[field];
}

export const offerOf = (facts: readonly Fact[]): Offer | undefined => lastPayload(facts, "offer");
export const planOf = (facts: readonly Fact[]): Plan | undefined => lastPayload(facts, "plan");
export const decisionOf = (facts: readonly Fact[]): Decision | undefined => lastPayload(facts, "decision");
export const consentOf = (facts: readonly Fact[]): FactPayload["consent"] => lastPayload(facts, "consent");

/** ECUs whose delta was of no use in this job: they get their full image. */
export function ecusWithoutDelta(facts: readonly Fact[]): ReadonlySet<string> {
  const failed = facts.filter(
    (fact) => (fact.step === "patch" || fact.step === "flash") && fact.kind === "failed",
  );
  return new Set(failed.flatMap((fact) => fact.ecuId ?? []));
}

/** Whether some ECU may have been told to start the new software. */
export const mayBeActivated = (facts: readonly Fact[]): boolean =>
  facts.some((fact) => fact.step === "activate");

/** The first failure since the ECUs were told to start the new software: what reverts them all. */
export function trialFailure(facts: readonly Fact[]): FailureRecord | undefined {
  const failed = facts.find(
    (fact) => (fact.step === "activate" || fact.step === "confirm") && fact.kind === "failed",
  );
  return failed?.payload?.failure;
}

export interface Ending {
  readonly outcome: Outcome;
  readonly failure?: FailureRecord;
  /** False only where an ECU is lost between the old software and the new. */
  readonly safeToDrive: boolean;
}

/** How a job ends, by its facts alone: the same after a power cut as before it. */
export function endingOf(facts: readonly Fact[]): Ending {
  const last = facts.findLast((fact) => isClosing(fact) && fact.step !== "report");
  const failure = last?.kind === "failed" ? last.payload?.failure : undefined;
  if (last?.step === "confirm") {
    if (failure !== undefined) return { outcome: "failed", failure, safeToDrive: false };
    if (decisionOf(facts) === "commit") return { outcome: "succeeded", safeToDrive: true };
    return { outcome: "rolledBack", failure: trialFailure(facts), safeToDrive: true };
  }
  if (failure !== undefined) return { outcome: "failed", failure, safeToDrive: true };
  switch (last?.payload?.answer) {
    case "declined":
      return { outcome: "declined", failure: record("CONSENT_DECLINED", {}), safeToDrive: true };
    case "expired": {
      const deadline = new Date(last.at).toISOString();
      return { outcome: "expired", failure: record("CONSENT_EXPIRED", { deadline }), safeToDrive: true };
    }
    case "withdrawn":
      return { outcome: "expired", failure: record("CONSENT_WITHDRAWN", {}), safeToDrive: true };
    default:
      return { outcome: "succeeded", safeToDrive: true };
  }
}

const record = (code: FailureRecord["code"], operands: FailureRecord["operands"]): FailureRecord => ({
  code,
  operands,
});

/** Whether all inactive banks are written: from here on only starting them is left. */
export function isFlashed(facts: readonly Fact[]): boolean {
  const last = facts.findLast((fact) => fact.step === "flash" && isClosing(fact));
  return last?.kind === "done" && last.payload?.fallBack !== true;
}
