import type { SafetyPolicy } from "@halfshaft/ota-format";

/** What every campaign demands of a vehicle unless somebody says, and signs for, that it need not. */
export const SAFETY_DEFAULT: SafetyPolicy = { parked: true };

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
