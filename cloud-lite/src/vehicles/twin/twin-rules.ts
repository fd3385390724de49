import type { HeldReason } from "../tables.ts";

/** Software that an ECU should run, and who says so. */
export interface WantedEcuSoftware {
  readonly version: string;
  readonly sha256?: string;
  /** The one that counts: a desired state, else the last job that reached the ECU, else the line that built it. */
  readonly source: "desiredState" | "job" | "built";
  readonly since: number;
  readonly releaseId?: string;
  readonly jobId?: string;
}

export const SYNC_STATES = ["inSync", "drifted", "unknown", "held"] as const;
export type SyncState = (typeof SYNC_STATES)[number];

/** Why an ECU is in its state, besides the reasons to hold a vehicle. */
export const SYNC_REASONS = [
  "asDesired",
  "notReported",
  "nothingDesired",
  "updateWaiting",
  "updateFailed",
  "reportsOlder",
  "reportsNewer",
  "reportsOther",
] as const;
export type SyncReason = (typeof SYNC_REASONS)[number];

export interface EcuFacts {
  readonly wanted?: WantedEcuSoftware;
  /** What the ECU last said; absent: it has never been heard of. */
  readonly reported?: { readonly version?: string; readonly sha256?: string; readonly since: number };
  /** Of the last job that reached the ECU. */
  readonly job?: "open" | "failed" | "succeeded";
  readonly held?: { readonly reason: HeldReason; readonly since: number };
  /** When the vehicle was registered. */
  readonly createdAt: number;
  /** Below 0: reported is older than wanted, above 0: newer. */
  readonly order?: number;
}

export interface EcuSync {
  readonly state: SyncState;
  readonly reason: SyncReason | HeldReason;
  readonly since: number;
}

/**
 * Compares what an ECU should run with what it reports. The digest counts where both are known, else the version. A
 * state began when the younger of the two sides became what it is.
 */
export function ecuSync({ wanted, reported, job, held, createdAt, order = 0 }: EcuFacts): EcuSync {
  if (held) return { state: "held", ...held };
  if (!reported) return { state: "unknown", reason: "notReported", since: createdAt };
  if (!wanted) return { state: "unknown", reason: "nothingDesired", since: reported.since };
  const since = Math.max(wanted.since, reported.since);
  const isSame =
    wanted.sha256 !== undefined && reported.sha256 !== undefined
      ? wanted.sha256 === reported.sha256
      : wanted.version === reported.version;
  if (isSame) return { state: "inSync", reason: "asDesired", since };
  if (job === "open") return { state: "drifted", reason: "updateWaiting", since };
  if (job === "failed") return { state: "drifted", reason: "updateFailed", since };
  if (order === 0) return { state: "drifted", reason: "reportsOther", since };
  return { state: "drifted", reason: order < 0 ? "reportsOlder" : "reportsNewer", since };
}

/** A vehicle is as its worst ECU; settings that the vehicle has not taken make it drift too. */
export function vehicleSync(ecus: readonly SyncState[], hasOpenSettings: boolean): SyncState {
  if (ecus.includes("held")) return "held";
  if (hasOpenSettings || ecus.includes("drifted")) return "drifted";
  return ecus.length > 0 && ecus.every((state) => state === "inSync") ? "inSync" : "unknown";
}
