import type { SafetyPolicy } from "@halfshaft/ota-format";
import { Refusal } from "../refusals.ts";
import { checkTimeZone } from "../vehicles/time-zone.ts";

/** What every campaign demands of a vehicle unless somebody says, and signs for, that it need not. */
export const SAFETY_DEFAULT: SafetyPolicy = { parked: true };

/**
 * Refuses a policy that no vehicle can ever fulfil.
 * @throws {Refusal} SAFETY_UNFIT or TIME_ZONE_UNKNOWN
 */
export function checkSafety({ minTemperatureC, maxTemperatureC, timeWindow }: SafetyPolicy): void {
  if (minTemperatureC !== undefined && maxTemperatureC !== undefined && minTemperatureC > maxTemperatureC) {
    throw unfit(`minTemperatureC ${minTemperatureC} is above maxTemperatureC ${maxTemperatureC}`);
  }
  if (timeWindow === undefined) return;
  const { from, to, timeZone } = timeWindow;
  if (from === to) throw unfit(`its time window begins and ends at ${from}`);
  if (timeZone !== undefined) checkTimeZone(timeZone);
}

const unfit = (reason: string): Refusal => new Refusal("SAFETY_UNFIT", { reason });

/**
 * How a policy is weaker than another: what it does not demand, or demands less of; in words.
 * C10: weakening needs an explicit, audited intent.
 */
export function weakenings(policy: SafetyPolicy, usual: SafetyPolicy): string[] {
  return Object.entries(usual).flatMap(([name, demanded]) => {
    const given = policy[name as keyof SafetyPolicy];
    if (typeof demanded === "number") {
      if (typeof given !== "number") return [`${name} is not demanded`];
      return given >= demanded ? [] : [`${name} is ${given} in place of ${demanded}`];
    }
    return demanded && given !== true ? [`${name} is not demanded`] : [];
  });
}
