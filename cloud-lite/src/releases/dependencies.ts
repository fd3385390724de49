import type { EcuDependency, ImageRequirements } from "@halfshaft/ota-format";
import { versionFits } from "./compatibility.ts";

/** A version of one ECU type that a vehicle may run, and what it demands of the other ECUs. */
export interface Candidate {
  readonly version: string;
  readonly requires?: ImageRequirements;
}

/** What each ECU type may run: the release's own image alone, where it has one; else what was released or reported. */
export type Candidates = ReadonlyMap<string, readonly Candidate[]>;

/** `version` of `hardwareId` demands this of another ECU type. */
export interface Demand {
  readonly hardwareId: string;
  readonly version: string;
  readonly dependency: EcuDependency;
}

/** Combinations that are tried before a release is called too tangled to be checked. */
const MAX_STEPS = 20_000;

/**
 * Looks for one version of every ECU type concerned with which all demands hold, beginning with those of the release.
 * @returns `fits`; or the smallest set of demands that cannot hold together, in the order in which they are met from
 *   the release on; or `tooTangled` after 20,000 combinations.
 */
export function solveDependencies(
  release: readonly string[],
  candidates: Candidates,
): "fits" | "tooTangled" | readonly Demand[] {
  const demands = demandsFrom(release, candidates);
  const budget = { steps: MAX_STEPS };
  const first = hasSolution(release, candidates, demands, budget);
  if (first !== false) return first === true ? "fits" : "tooTangled";
  let conflict = demands;
  for (const demand of demands) {
    const without = conflict.filter((other) => other !== demand);
    if (hasSolution(release, candidates, without, budget) === false) conflict = without;
  }
  return conflict;
}

/** All demands that can matter, breadth first from the release. */
function demandsFrom(release: readonly string[], candidates: Candidates): readonly Demand[] {
  const demands: Demand[] = [];
  const reached = new Set(release);
  for (const hardwareId of reached) {
    for (const { version, requires } of candidates.get(hardwareId) ?? []) {
      for (const dependency of requires?.ecus ?? []) {
        demands.push({ hardwareId, version, dependency });
        // A set that grows is walked to its new end.
        reached.add(dependency.hardwareId);
      }
    }
  }
  return demands;
}

/** Depth first; each ECU type is given a version when a demand first names it. Undefined: the budget is used up. */
function hasSolution(
  release: readonly string[],
  candidates: Candidates,
  demands: readonly Demand[],
  budget: { steps: number },
): boolean | undefined {
  const chosen = new Map<string, string>();
  const solve = (open: readonly string[]): boolean | undefined => {
    const [hardwareId, ...rest] = open;
    if (hardwareId === undefined) return true;
    if (chosen.has(hardwareId)) return solve(rest);
    for (const { version } of candidates.get(hardwareId) ?? []) {
      budget.steps -= 1;
      if (budget.steps < 0) return undefined;
      chosen.set(hardwareId, version);
      const raised = demands.filter((d) => d.hardwareId === hardwareId && d.version === version);
      if (demands.every((demand) => holds(demand, chosen))) {
        const found = solve([...rest, ...raised.map(({ dependency }) => dependency.hardwareId)]);
        if (found !== false) return found;
      }
      chosen.delete(hardwareId);
    }
    return false;
  };
  return solve(release);
}

/** A demand of a version that is not chosen, or on an ECU type that is still open, breaks nothing. */
function holds({ hardwareId, version, dependency }: Demand, chosen: ReadonlyMap<string, string>): boolean {
  const other = chosen.get(dependency.hardwareId);
  return chosen.get(hardwareId) !== version || other === undefined || versionFits(other, dependency);
}

/** The demands that cannot hold together, in words, and what there is of the ECU types that they name. */
export function describeConflict(conflict: readonly Demand[], candidates: Candidates): string {
  const asked = conflict.map(
    ({ hardwareId, version, dependency }) =>
      `${hardwareId} ${version} needs ${dependency.hardwareId} ${boundsText(dependency)}`,
  );
  const named = [...new Set(conflict.map(({ dependency }) => dependency.hardwareId))];
  const there = named.map((hardwareId) => `${hardwareId} can be ${versionsText(candidates.get(hardwareId))}`);
  return [...asked, ...there].join("; ");
}

const boundsText = ({ atLeast, below }: EcuDependency): string =>
  [
    ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
    ...(below === undefined ? [] : [`below ${below}`]),
  ].join(" and ");

const NAMED = 5;

function versionsText(candidates: readonly Candidate[] = []): string {
  const versions = candidates.map(({ version }) => version);
  if (versions.length === 0) return "nothing that was released or reported";
  const more = versions.length - NAMED;
  return versions.slice(0, NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
