import type { PowerCut } from "./power.ts";

/**
 * What is wrong with a simulated ECU. All of it, in one type: a new fault is one field here and one place that acts
 * on it. Nothing is wrong by default.
 */
export interface EcuFaults {
  /** A newly installed image never reports itself healthy: it hangs before it answers, until the watchdog resets the ECU. */
  readonly bootFailure?: boolean;
  /** The power goes in the middle of a write; once, and the ECU stays off until it is powered on again. */
  readonly powerCut?: PowerCut;
}

const named = {
  "boot-failure": { bootFailure: true },
} as const satisfies Record<string, EcuFaults>;

/** Faults that the command line knows by name. */
export const faultNames: readonly string[] = Object.keys(named);

/** The faults of these names together; undefined where one is not known. */
export function faultsNamed(names: readonly string[]): EcuFaults | undefined {
  let faults: EcuFaults = {};
  for (const name of names) {
    if (!Object.hasOwn(named, name)) return undefined;
    faults = { ...faults, ...named[name as keyof typeof named] };
  }
  return faults;
}
