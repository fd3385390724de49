import type { Bank } from "@halfshaft/vehicle-net/ecu";
import { otherBank } from "./bank.ts";

/**
 * What the ECU decides with at boot. The bank that may be on trial is always the one that is not committed, so the
 * record cannot contradict itself.
 * - `idle`: the other bank holds nothing that may be started.
 * - `verified`: the other bank's image passed every check.
 * - `armed`: the next boot starts the other bank, once.
 * - `trial`: the other bank was started and has not been committed; any boot now goes back.
 */
export interface BootRecord {
  readonly committed: Bank;
  readonly phase: "idle" | "verified" | "armed" | "trial";
  /** How the last trial ended, until the other bank is erased. */
  readonly outcome: "none" | "committed" | "fallback" | "reverted";
  /** Burned: images with a lower one are refused for good. */
  readonly releaseCounter: number;
}

export interface BootDecision {
  /** The bank to start, or none: the bootloader stays and waits for an image. */
  readonly run: Bank | undefined;
  /** To be made durable before the bank is started. */
  readonly record: BootRecord;
}

/**
 * Decides at every reset and power-on.
 * @param isIntact whether a bank's image still has the digest of its signed descriptor
 */
export function decideBoot(record: BootRecord, isIntact: (bank: Bank) => boolean): BootDecision {
  const { committed, phase } = record;
  const candidate = otherBank(committed);
  if (phase === "armed" && isIntact(candidate)) {
    return { run: candidate, record: { ...record, phase: "trial", outcome: "none" } };
  }
  const run = isIntact(committed) ? committed : undefined;
  switch (phase) {
    case "armed":
      return { run, record: { ...record, phase: "idle", outcome: "fallback" } };
    case "trial":
      return { run, record: { ...record, phase: "verified", outcome: "fallback" } };
    default:
      return { run, record };
  }
}

/** The other bank, which does not run, is about to be erased. */
export function beginProgramming(record: BootRecord): BootRecord {
  return { ...record, phase: "idle", outcome: "none" };
}

/** The other bank's image passed every check. */
export function markVerified(record: BootRecord): BootRecord {
  return record.phase === "idle" ? { ...record, phase: "verified", outcome: "none" } : record;
}

/**
 * The next boot tries the other bank. Where that bank is on trial already, or was committed, there is nothing left
 * to do and the record stays. Undefined: there is no image to try.
 */
export function activate(record: BootRecord): BootRecord | undefined {
  if (record.phase === "verified") return { ...record, phase: "armed", outcome: "none" };
  return record.phase === "idle" && record.outcome !== "committed" ? undefined : record;
}

/**
 * The bank on trial becomes permanent and burns its release counter. The same record again where that is done
 * already; undefined where nothing is on trial.
 */
export function commit(record: BootRecord, releaseCounter: number): BootRecord | undefined {
  if (record.phase === "idle" && record.outcome === "committed") return record;
  if (record.phase !== "trial") return undefined;
  return {
    committed: otherBank(record.committed),
    phase: "idle",
    outcome: "committed",
    releaseCounter: Math.max(record.releaseCounter, releaseCounter),
  };
}

/** The next boot starts the committed bank. The same record again where it would anyway. */
export function revert(record: BootRecord): BootRecord {
  if (record.phase !== "armed" && record.phase !== "trial") return record;
  return { ...record, phase: "verified", outcome: "reverted" };
}
