import { hash } from "node:crypto";

/** Ranks are below this; as a bound it lets everyone in. */
export const RANK_END = 2 ** 48;

/**
 * A vehicle's place in a campaign: random, but the same for the same seed, so that the choice of the canaries can be
 * reproduced.
 * @returns 48 bits of SHA-256 as an integer
 */
export const rankOf = (seed: string, vehicleId: string): number =>
  Number.parseInt(hash("sha256", `${seed}\n${vehicleId}`).slice(0, 12), 16);

/** How many of the vehicles that match a phase it takes, lowest ranks first; all without a size. */
export type PhaseSize = { readonly percentage: number } | { readonly count: number } | undefined;

/**
 * The first rank that a phase no longer takes. A percentage is of all that match, so each contains every smaller one;
 * a count is of those that no earlier phase took.
 * @param ranks of the vehicles that match; for a count, of those that no earlier phase took. Is sorted.
 */
export function rankBelow(size: PhaseSize, ranks: Float64Array): number {
  if (size === undefined) return RANK_END;
  ranks.sort();
  const taken =
    "count" in size ? size.count : Math.ceil((ranks.length * Math.min(size.percentage, 100)) / 100 - 1e-9);
  return ranks[taken] ?? RANK_END;
}

/** How fast a phase may go. */
export interface Pace {
  readonly vehiclesPerMinute?: number;
  readonly maxConcurrent?: number;
}

/** A pause is not made up for: at most the vehicles of one minute come at once. */
const BURST_MS = 60_000;

/**
 * How many more vehicles of a phase may be offered their job now.
 * @param paceAt when the next vehicle is due, UTC ms; null before the first
 * @param inFlight vehicles that were let in and have not ended
 * @returns how many, and when the one after them is due
 */
export function admissible(
  { vehiclesPerMinute, maxConcurrent }: Pace,
  facts: {
    readonly at: number;
    readonly paceAt: number | null;
    readonly inFlight: number;
    readonly waiting: number;
  },
): { admit: number; paceAt: number | null } {
  const { at, paceAt, inFlight, waiting } = facts;
  const room = maxConcurrent === undefined ? waiting : Math.max(0, maxConcurrent - inFlight);
  if (vehiclesPerMinute === undefined) return { admit: Math.min(waiting, room), paceAt };
  const interval = 60_000 / vehiclesPerMinute;
  const due = Math.max(paceAt ?? at, Math.min(at, at - BURST_MS + interval));
  const byPace = due > at ? 0 : Math.floor((at - due) / interval) + 1;
  const admit = Math.min(waiting, room, byPace);
  return { admit, paceAt: admit === 0 ? paceAt : Math.ceil(due + admit * interval) };
}

export const isPaced = ({ vehiclesPerMinute, maxConcurrent }: Pace): boolean =>
  vehiclesPerMinute !== undefined || maxConcurrent !== undefined;
