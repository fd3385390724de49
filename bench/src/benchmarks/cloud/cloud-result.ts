import type { LoadResult } from "./load.ts";
import type { StoreName } from "./store.ts";
import { rounded } from "../delta/statistics.ts";

/** One line of `bench cloud --json`. */
export interface CloudResult {
  readonly name: string;
  readonly store: StoreName | "none";
  /** Requests, events or jobs a second, as `unit` says. */
  readonly perSecond: number;
  readonly unit: "requests" | "events" | "jobs";
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Highest resident memory of the cloud's process so far; it runs its TypeScript as it is. */
  readonly rssMb: number | null;
  /** Of `perSecond` to the ceiling's in the same rounds. */
  readonly ratio: number | null;
  readonly [more: string]: number | string | null;
}

export const loadFigures = ({ perSecond, p50Ms, p99Ms }: LoadResult) => ({
  perSecond: Math.round(perSecond),
  p50Ms: rounded(p50Ms, 2),
  p99Ms: rounded(p99Ms, 2),
});

export const rssFigure = (mb: number | null): number | null => (mb === null ? null : Math.round(mb));
