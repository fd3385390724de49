import { sampleOf } from "./halt.ts";
import { openOf, ratesOf, sizeOf, type Tally } from "./rates.ts";

/** What a phase must show before the next one begins; shares 0…1. */
export interface Gate {
  readonly successRate: number;
  readonly failureRate?: number;
  readonly rollbackRate?: number;
  readonly silenceRate?: number;
  /** Share of the phase's vehicles that wait for the state that the safety policy demands. */
  readonly blockedShare?: number;
  readonly minimumSample: number;
  /** How long the phase is watched after its sample is complete. */
  readonly soakMs: number;
  /** Somebody must say that the next phase may begin. */
  readonly manual: boolean;
}

export const GATE_DEFAULTS: Gate = { successRate: 0.995, minimumSample: 20, soakMs: 0, manual: false };

export interface GateFacts {
  readonly tally: Tally;
  readonly filled: boolean;
  /** When the sample was complete, UTC ms. */
  readonly sampledAt: number | null;
  readonly at: number;
}

/** What a gate still waits for. */
export const GATE_CONDITIONS = [
  "jobs",
  "sample",
  "soak",
  "successRate",
  "failureRate",
  "rollbackRate",
  "silenceRate",
  "blockedShare",
  "approval",
] as const;
export type GateCondition = (typeof GATE_CONDITIONS)[number];

/**
 * Whether enough vehicles have ended to judge the phase. A finished phase is always judged; one without a job never, for
 * it shows nothing.
 */
export const isSampled = (
  { tally, filled }: Pick<GateFacts, "tally" | "filled">,
  minimumSample: number,
): boolean =>
  filled &&
  sizeOf(tally) > 0 &&
  (openOf(tally) === 0 || ratesOf(tally).judged >= sampleOf(tally, filled, minimumSample));

/** What is missing before the next phase may begin; none: the gate is passed. What cannot be computed is missing. */
export function missingAt(gate: Gate, facts: GateFacts): GateCondition[] {
  const { tally, filled, sampledAt, at } = facts;
  const missing: GateCondition[] = [];
  const require = (condition: GateCondition, holds: boolean): void => {
    if (!holds) missing.push(condition);
  };
  const rates = ratesOf(tally);
  require("jobs", filled);
  require("sample", isSampled(facts, gate.minimumSample));
  require("soak", gate.soakMs === 0 || (sampledAt !== null && at >= sampledAt + gate.soakMs));
  const size = sizeOf(tally);
  // Without a job there are no rates; where nobody came to an end they cannot be computed.
  if (size !== 0) {
    require("successRate", rates.success >= gate.successRate);
    require("failureRate", atMost(rates.failure, gate.failureRate));
    require("rollbackRate", atMost(rates.rollback, gate.rollbackRate));
    require("silenceRate", atMost(rates.silence, gate.silenceRate));
    require("blockedShare", atMost(tally.blocked / size, gate.blockedShare));
  }
  require("approval", !gate.manual);
  return missing;
}

const atMost = (rate: number, limit: number | undefined): boolean => limit === undefined || rate <= limit;

/** These do not come right by waiting once all jobs of the phase have ended. */
const RATES: readonly GateCondition[] = ["successRate", "failureRate", "rollbackRate", "silenceRate"];

/** Rates that a finished phase does not reach any more: somebody has to decide. */
export const failedFor = (missing: readonly GateCondition[], facts: GateFacts): GateCondition[] =>
  facts.filled && openOf(facts.tally) === 0 ? missing.filter((one) => RATES.includes(one)) : [];
