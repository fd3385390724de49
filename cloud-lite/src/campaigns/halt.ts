import { openOf, ratesOf, sizeOf, type Judged, type Tally } from "./rates.ts";

/** When the kill switch trips: shares of what was judged, 0…1. */
export interface HaltRules {
  readonly failureRate: number;
  readonly rollbackRate: number;
  readonly downloadFailureRate: number;
  readonly minimumSample: number;
}

export const HALT_DEFAULTS: HaltRules = {
  failureRate: 0.02,
  rollbackRate: 0.02,
  downloadFailureRate: 0.05,
  minimumSample: 20,
};

/** A phase, as far as the kill switch looks at it. */
export interface JudgedPhase {
  readonly name: string;
  readonly tally: Tally;
  /** Without what an operator saw and went on from: that does not trip the switch again. */
  readonly fresh: Judged;
  /** All of its jobs exist. */
  readonly filled: boolean;
}

/** Why a campaign was halted. */
export type HaltReason =
  | {
      readonly kind: "failureRate" | "rollbackRate" | "downloadFailureRate";
      readonly phase: string;
      readonly rate: number;
      readonly threshold: number;
      readonly judged: number;
    }
  | { readonly kind: "unrecoverable"; readonly phase: string; readonly vehicles: number }
  | { readonly kind: "gateFailed"; readonly phase: string; readonly missing: readonly string[] }
  | { readonly kind: "releaseWithdrawn" | "deadlinePast" }
  /** It has come to its end without a job. */
  | { readonly kind: "nobody" }
  | { readonly kind: "unreadable"; readonly phase: string };

/**
 * The kill switch: why the campaign must pause now, one reason for each rule of each phase that trips; none: go on.
 * Never fails open: a number that cannot be read, or a rule that throws, is a reason to pause.
 */
export function haltReasons(phases: readonly JudgedPhase[], rules: HaltRules): HaltReason[] {
  return phases.flatMap((phase) => {
    try {
      return judge(phase, rules);
    } catch {
      return [{ kind: "unreadable", phase: phase.name } as const];
    }
  });
}

function judge({ name, tally, fresh, filled }: JudgedPhase, rules: HaltRules): HaltReason[] {
  const numbers = [...Object.values(tally), ...Object.values(fresh), ...Object.values(rules)] as unknown[];
  if (!numbers.every(isCount)) return [{ kind: "unreadable", phase: name }];
  const reasons: HaltReason[] = [];
  if (fresh.unrecoverable > 0) {
    reasons.push({ kind: "unrecoverable", phase: name, vehicles: fresh.unrecoverable });
  }
  const rates = ratesOf(fresh);
  const { judged } = rates;
  const finished = filled && openOf(tally) === 0;
  if (judged === 0 || (judged < sampleOf(tally, filled, rules.minimumSample) && !finished)) return reasons;
  for (const [kind, rate, threshold] of [
    ["failureRate", rates.failure, rules.failureRate],
    ["rollbackRate", rates.rollback, rules.rollbackRate],
    ["downloadFailureRate", rates.downloadFailure, rules.downloadFailureRate],
  ] as const) {
    // At a threshold of 0 any bad end trips; without one there is nothing to halt for.
    if (!(rate < threshold) && rate > 0) reasons.push({ kind, phase: name, rate, threshold, judged });
  }
  return reasons;
}

/** A phase smaller than the sample is judged by all of its vehicles. */
export const sampleOf = (tally: Tally, filled: boolean, minimumSample: number): number =>
  filled ? Math.min(minimumSample, sizeOf(tally)) : minimumSample;

const isCount = (value: unknown): boolean =>
  typeof value === "number" && Number.isFinite(value) && value >= 0;
