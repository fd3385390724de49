/** A released image that a delta could start from. */
export interface BaseCandidate {
  readonly imageId: string;
  readonly sha256: string;
  readonly versionKey: string;
}

/** In place of a base: a compressed image starts from nothing. */
export const NO_BASE_IMAGE = "none";

/** What the fleet's ECUs of one hardware run. */
export interface FleetVersions {
  /** Digests that ECUs reported. */
  readonly reported: ReadonlySet<string>;
  /** Whether some ECU has not reported yet. */
  readonly unreported: boolean;
}

/**
 * Which images to make deltas from: each one that the fleet runs, and while some ECU has not said what it runs, the
 * newest one before the new image, for that is what it most likely has.
 */
export function chooseBases(
  image: BaseCandidate,
  released: readonly BaseCandidate[],
  fleet: FleetVersions,
): BaseCandidate[] {
  const others = released.filter((base) => base.sha256 !== image.sha256);
  const running = others.filter((base) => fleet.reported.has(base.sha256));
  const before = others
    .filter((base) => base.versionKey < image.versionKey)
    .sort((a, b) => (a.versionKey < b.versionKey ? 1 : -1))[0];
  return fleet.unreported && before && !running.includes(before) ? [...running, before] : running;
}

/** A delta is kept only where it is at most this share of the full image. */
export const WORTHWHILE_SHARE = 0.8;

export const isWorthwhile = (deltaBytes: number, fullBytes: number): boolean =>
  deltaBytes <= fullBytes * WORTHWHILE_SHARE;

const MINUTE_MS = 60_000;
/** Pauses after the first failure, the second, … of making one delta; after the last it is given up. */
const RETRY_PAUSES_MS = [MINUTE_MS, 10 * MINUTE_MS];

/** How long to wait before a delta is tried again that has failed so often; undefined where it is given up. */
export const retryPauseMs = (failures: number): number | undefined => RETRY_PAUSES_MS[failures - 1];
