import type { Bank } from "@halfshaft/vehicle-net/ecu";
import type { BootRecord } from "./boot.ts";
import type { MemoryRange } from "./memory-map.ts";
import type { Power } from "./power.ts";
import { StorageError, type EcuStorage } from "./storage.ts";
import { emptyLog, type TransferLog } from "./transfer-log.ts";

/** What an ECU knows for good: the record in its storage, beside the banks. */
export interface NvState {
  readonly serial: string;
  /** Name of its profile. */
  readonly profile: string;
  readonly hardwareId: string;
  /** Ed25519 key whose descriptors it trusts, 32 bytes as hex. */
  readonly publicKey: string;
  /** The flashed regions: what a bank holds, by link address. */
  readonly memory: readonly MemoryRange[];
  readonly boot: BootRecord;
  /** Signed descriptor of the image in each bank that passed the checks, base64. */
  readonly descriptors: Readonly<Record<Bank, string | null>>;
  readonly transfers: TransferLog;
  /** Data record that a tester wrote last, hex. */
  readonly fingerprint: string | null;
  /** Wrong keys in a row; survives a reset, so that a power cycle is no way around the delay. */
  readonly wrongKeys: number;
  /** Stored trouble codes (three bytes each). */
  readonly dtcs: readonly number[];
  readonly counts: { readonly boots: number; readonly watchdogResets: number; readonly fallbacks: number };
  /** Erase cycles of each sector. */
  readonly wear: Readonly<Record<Bank, readonly number[]>>;
}

const FORMAT = "halfshaft-ecu";
const FORMAT_VERSION = 1;

/** A new ECU's, before an image is installed. */
export const newState = (
  identity: Pick<NvState, "serial" | "profile" | "hardwareId" | "publicKey" | "memory">,
): NvState => ({
  ...identity,
  boot: { committed: "A", phase: "idle", outcome: "none", releaseCounter: 0 },
  descriptors: { A: null, B: null },
  transfers: emptyLog,
  fingerprint: null,
  wrongKeys: 0,
  dtcs: [],
  counts: { boots: 0, watchdogResets: 0, fallbacks: 0 },
  wear: { A: [], B: [] },
});

export const encodeState = (state: NvState): string =>
  `${JSON.stringify({ format: FORMAT, v: FORMAT_VERSION, ...state })}\n`;

/** @throws {StorageError} `damaged` where the record was not written by `encodeState`. */
export function decodeState(record: string): NvState {
  let value: unknown;
  try {
    value = JSON.parse(record);
  } catch (cause) {
    throw new StorageError("damaged", "the ECU's record is not JSON", { cause });
  }
  const { format, v, ...state } = (value ?? {}) as { format?: unknown; v?: unknown };
  if (format !== FORMAT || v !== FORMAT_VERSION) {
    const expected = `"format": "${FORMAT}", "v": ${FORMAT_VERSION}`;
    throw new StorageError("damaged", `the ECU's record does not have ${expected}`);
  }
  return state as NvState;
}

/** @throws {StorageError} `not-provisioned` where there is no record, `damaged` where it cannot be used. */
export function readState(storage: EcuStorage): NvState {
  const record = storage.readRecord();
  if (record === undefined) throw new StorageError("not-provisioned", "this ECU was never provisioned");
  return decodeState(record);
}

/** The record while the ECU has power: read once, written through. */
export class NvStore {
  readonly #storage: EcuStorage;
  readonly #power: Power;
  #state: NvState;

  /** Throws as `readState` does. */
  constructor(storage: EcuStorage, power: Power) {
    this.#storage = storage;
    this.#power = power;
    this.#state = readState(storage);
  }

  get state(): NvState {
    return this.#state;
  }

  /**
   * Changes some fields; durable when it returns.
   * @throws {PowerLost} the change happened or it did not, but nothing in between.
   */
  update(change: Partial<NvState>): void {
    const next = { ...this.#state, ...change };
    this.#power.spend((share) => {
      if (share >= 0.5) this.#storage.writeRecord(encodeState(next));
    });
    this.#state = next;
  }
}
