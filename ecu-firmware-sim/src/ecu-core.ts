import type { Bank, EcuProfile } from "@halfshaft/vehicle-net/ecu";
import type { FlashMemory } from "./flash-memory.ts";
import type { NvStore } from "./nv-state.ts";

/** What the service handlers of a running ECU work on; lives from one boot to the next. */
export interface EcuCore {
  readonly profile: EcuProfile;
  readonly store: NvStore;
  readonly flash: Readonly<Record<Bank, FlashMemory>>;
  /** The bank whose software runs; none while the bootloader waits for an image. */
  readonly running: Bank | undefined;
  /** The bank on trial is permanent now: its time is no longer limited. */
  readonly onCommitted: () => void;
  /** Starts anew, as after a reset. */
  readonly reset: () => void;
}
