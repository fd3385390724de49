import type { Bank, TrialState } from "@halfshaft/vehicle-net/ecu";
import { banks, otherBank } from "./bank.ts";
import type { BootRecord } from "./boot.ts";
import { fileStorage } from "./file-storage.ts";
import { trialState } from "./identification.ts";
import { installedDescriptor, installedSha256, toHex } from "./installed-image.ts";
import { readState, type NvState } from "./nv-state.ts";
import type { EcuStorage } from "./storage.ts";

/** What an ECU is, read from its own storage and not from what it says on the bus. */
export interface EcuState {
  readonly serial: string;
  readonly profile: string;
  readonly hardwareId: string;
  /** The committed bank, or the one on trial while that runs. */
  readonly activeBank: Bank;
  readonly bootState: TrialState;
  readonly boot: BootRecord;
  /** Version in the active bank; null where it has no image. */
  readonly version: string | null;
  readonly dtcs: readonly number[];
  readonly counts: NvState["counts"];
  /** Erase cycles of each sector. */
  readonly wear: NvState["wear"];
  /** SHA-256 of the image in a bank as 64 hex digits, computed from the bank's bytes; null where it has none. */
  imageSha256Of(bank: Bank): string | null;
}

/** Throws as `readState` does. */
export function describeState(storage: EcuStorage): EcuState {
  const state = readState(storage);
  const { serial, profile, hardwareId, boot, dtcs, counts, wear } = state;
  const activeBank = boot.phase === "trial" ? otherBank(boot.committed) : boot.committed;
  const sha256 = new Map<Bank, string | null>();
  for (const bank of banks) {
    const digest = installedSha256(state, bank, (offset, length) => storage.readBank(bank, offset, length));
    sha256.set(bank, digest === undefined ? null : toHex(digest));
  }
  return {
    serial,
    profile,
    hardwareId,
    activeBank,
    bootState: trialState(boot),
    boot,
    version: installedDescriptor(state, activeBank)?.version ?? null,
    dtcs,
    counts,
    wear,
    imageSha256Of: (bank) => sha256.get(bank) ?? null,
  };
}

/**
 * The state of an ECU that keeps itself in `folder`, running or not.
 * @throws {StorageError} `not-provisioned`, `damaged` or `unreadable`
 */
export function readStateFile(folder: string): EcuState {
  const storage = fileStorage(folder);
  try {
    return describeState(storage);
  } finally {
    storage.close();
  }
}
