import { randomBytes } from "node:crypto";
import type { CanBus } from "@halfshaft/vehicle-net/can";
import type { Clock, Timer } from "@halfshaft/vehicle-net/clock";
import {
  ecuChannel,
  functionalChannel,
  securityLevel,
  serverTiming,
  type Bank,
  type EcuProfile,
} from "@halfshaft/vehicle-net/ecu";
import { openFunctionalChannel, openIsoTpChannel, type MessageTransport } from "@halfshaft/vehicle-net/isotp";
import { UdsServer, type SecurityOptions, type ServerEvent } from "@halfshaft/vehicle-net/uds";
import { decideBoot } from "./boot.ts";
import type { EcuCore } from "./ecu-core.ts";
import { describeState, type EcuState } from "./ecu-state.ts";
import type { EcuFaults } from "./faults.ts";
import { FlashMemory } from "./flash-memory.ts";
import { identificationHandlers } from "./identification.ts";
import { checkInstalled } from "./installed-image.ts";
import { bankBytes } from "./memory-map.ts";
import { NvStore, readState, type NvState } from "./nv-state.ts";
import { Power, PowerLost } from "./power.ts";
import { Programming, programmingRamBytes } from "./programming.ts";
import { routineHandler } from "./routines.ts";
import { StorageError, type EcuStorage } from "./storage.ts";
import { TRIAL_FAILED_DTC, upkeepHandlers } from "./upkeep.ts";

/** Software that has not reported itself healthy for so long after its start is reset. */
const WATCHDOG_MS = 1000;

export interface EcuOptions {
  readonly profile: EcuProfile;
  /** The ECU's node; stays open when the ECU is closed. */
  readonly bus: CanBus;
  readonly clock: Clock;
  /** Provisioned (`provisionEcu`): serial number, trusted key and software are in it. */
  readonly storage: EcuStorage;
  readonly faults?: EcuFaults;
  readonly onEvent?: (event: ServerEvent) => void;
}

/** `starting`: in reset or booting, off the bus. `hung`: its software does not answer; the watchdog will bite. */
export type EcuMode = "off" | "starting" | "answering" | "hung";

export interface EcuHandle {
  readonly mode: EcuMode;
  /** Buffers that programming holds, bytes. */
  readonly ramBytes: number;
  /** Resolves when the ECU answers on the bus, at once where it does so already. */
  answering(): Promise<void>;
  /** Cuts the power, in the middle of whatever happens. */
  powerOff(): void;
  /** Nothing happens where it has power. */
  powerOn(): void;
  /** From the storage, also while it is off. */
  state(): EcuState;
  /** Powers off and closes the storage. */
  close(): void;
}

/**
 * A simulated ECU, powered on.
 * @throws {StorageError} `not-provisioned`, `damaged` or `wrong-profile`
 */
export function createEcu(options: EcuOptions): EcuHandle {
  const { profile } = readState(options.storage);
  if (profile !== options.profile.name) {
    throw new StorageError(
      "wrong-profile",
      `this is an ECU of profile "${profile}", not "${options.profile.name}"`,
    );
  }
  const ecu = new Ecu(options);
  ecu.powerOn();
  return ecu;
}

class Ecu implements EcuHandle {
  readonly #options: EcuOptions;
  #mode: EcuMode = "off";
  #power: Power | undefined;
  #powerCut: EcuFaults["powerCut"];
  /** Writes from power-on to the last reset. */
  #writesBefore = 0;
  #server: UdsServer | undefined;
  #channels: readonly MessageTransport[] = [];
  readonly #timers = new Set<Timer>();
  #waiting: (() => void)[] = [];

  constructor(options: EcuOptions) {
    this.#options = options;
    this.#powerCut = options.faults?.powerCut;
  }

  get mode(): EcuMode {
    return this.#mode;
  }

  get ramBytes(): number {
    return programmingRamBytes(this.#options.profile);
  }

  async answering(): Promise<void> {
    if (this.#mode === "answering") return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    await promise;
  }

  powerOn(): void {
    if (this.#mode !== "off") return;
    this.#writesBefore = 0;
    this.#boot("power-on");
  }

  powerOff(): void {
    this.#stop();
  }

  state(): EcuState {
    return describeState(this.#options.storage);
  }

  close(): void {
    this.#stop();
    this.#options.storage.close();
  }

  /** Everything that lives from boot to reset ends here, whatever it is doing. */
  #stop(): void {
    this.#mode = "off";
    this.#power?.off();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#server?.close();
    for (const channel of this.#channels) void channel.close();
    this.#channels = [];
  }

  #reset(cause: "reset" | "watchdog"): void {
    this.#writesBefore += this.#power?.writes ?? 0;
    this.#stop();
    this.#boot(cause);
  }

  #after(delayMs: number, action: () => void): Timer {
    const timer = this.#options.clock.after(delayMs, action);
    this.#timers.add(timer);
    return timer;
  }

  #boot(cause: "power-on" | "reset" | "watchdog"): void {
    const { storage, profile, faults } = this.#options;
    const cut = this.#powerCut;
    const power = new Power(cut && { ...cut, atWrite: cut.atWrite - this.#writesBefore }, () => {
      this.#powerCut = undefined;
      this.#stop();
    });
    this.#power = power;
    this.#mode = "starting";
    let running: Bank | undefined;
    const store = new NvStore(storage, power);
    try {
      running = decide(store, storage, cause);
    } catch (error) {
      if (error instanceof PowerLost) return;
      throw error;
    }
    const isTrial = store.state.boot.phase === "trial";
    const core = this.#core(store, power, running);
    if (isTrial && faults?.bootFailure === true) {
      this.#mode = "hung";
      this.#after(profile.boot.startMs + WATCHDOG_MS, () => this.#reset("watchdog"));
      return;
    }
    const trial = isTrial ? this.#after(profile.boot.trialMs, () => this.#reset("watchdog")) : undefined;
    const onCommitted = (): void => trial?.cancel();
    this.#after(profile.boot.startMs, () => this.#answer({ ...core, onCommitted }));
  }

  #core(store: NvStore, power: Power, running: Bank | undefined): Omit<EcuCore, "onCommitted"> {
    const { profile, storage, clock } = this.#options;
    const geometry = { ...profile.flash, bankBytes: bankBytes(store.state.memory) };
    const bank = (name: Bank): FlashMemory =>
      new FlashMemory({ bank: name, geometry, storage, clock, power, wear: store.state.wear[name] });
    const flash = { A: bank("A"), B: bank("B") };
    return { profile, store, flash, running, reset: () => this.#reset("reset") };
  }

  #answer(core: EcuCore): void {
    const { profile, bus, clock, onEvent } = this.#options;
    const programming = new Programming(core);
    // A message longer than the block buffer is refused before memory is taken for it.
    const buffers = { maxMessageBytes: profile.transfer.maxBlockBytes };
    const transport = openIsoTpChannel(bus, clock, { ...ecuChannel(profile), ...buffers });
    const functionalTransport = openFunctionalChannel(bus, clock, functionalChannel(profile));
    this.#channels = [transport, functionalTransport];
    this.#server = new UdsServer({
      transport,
      functionalTransport,
      clock,
      timing: serverTiming(profile),
      security: security(profile, core.store),
      handlers: [
        ...identificationHandlers(core),
        ...upkeepHandlers(core),
        ...programming.handlers(),
        routineHandler(core, programming),
      ],
      onEvent: (event) => {
        if (event.kind === "session") programming.abort();
        onEvent?.(event);
      },
    });
    this.#mode = "answering";
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** Decides which bank runs; what was decided is durable before anything of it starts. */
function decide(
  store: NvStore,
  storage: EcuStorage,
  cause: "power-on" | "reset" | "watchdog",
): Bank | undefined {
  const { state } = store;
  const isIntact = (bank: Bank): boolean =>
    checkInstalled(state, bank, (offset, length) => storage.readBank(bank, offset, length)).result === "ok";
  const { run, record } = decideBoot(state.boot, isIntact);
  const hasFallenBack = record.outcome === "fallback" && state.boot.outcome !== "fallback";
  const { boots, watchdogResets, fallbacks } = state.counts;
  const change: Partial<NvState> = {
    boot: record,
    counts: {
      boots: boots + 1,
      watchdogResets: watchdogResets + (cause === "watchdog" ? 1 : 0),
      fallbacks: fallbacks + (hasFallenBack ? 1 : 0),
    },
  };
  store.update(hasFallenBack ? { ...change, dtcs: [TRIAL_FAILED_DTC] } : change);
  return run;
}

function security(profile: EcuProfile, store: NvStore): SecurityOptions {
  const { attemptLimit, delayMs } = profile.security;
  return {
    levels: [securityLevel(profile)],
    attemptLimit,
    delayMs,
    random: (length) => new Uint8Array(randomBytes(length)),
    store: {
      load: async () => store.state.wrongKeys,
      async save(wrongKeys) {
        if (wrongKeys !== store.state.wrongKeys) store.update({ wrongKeys });
      },
    },
  };
}
