import { CanError, type CanBus } from "@halfshaft/vehicle-net/can";
import type { Clock } from "@halfshaft/vehicle-net/clock";
import type { EcuProfile } from "@halfshaft/vehicle-net/ecu";
import type { ClientEvent } from "@halfshaft/vehicle-net/uds";
import { causeOf } from "../causes.ts";
import type { Installer } from "../installer/installer.ts";
import { SharedBus } from "../installer/shared-bus.ts";
import { UdsInstaller } from "../installer/uds-installer.ts";

/** A control unit of this vehicle. */
export interface Ecu {
  readonly ecuId: string;
  /** For people: "Engine control". */
  readonly name: string;
  readonly hardwareId: string;
  /** Whether it applies deltas of the format `detools` while they arrive. */
  readonly takesDeltas?: boolean;
}

/** How the steps reach the vehicle's ECUs: one conversation at a time with each, any number side by side. */
export interface EcuAccess {
  readonly ecus: readonly Ecu[];
  /** For sentences about the bus. */
  readonly busUrl: string;
  /** @throws {CanError} where the bus cannot be opened; {UnknownEcu}; whatever `work` throws */
  use<T>(ecuId: string, work: (installer: Installer) => Promise<T>): Promise<T>;
  /** Bytes of images per second that the bus carries; for estimates. */
  readonly bytesPerSecond: number;
}

/** An ECU that the vehicle does not have. */
export class UnknownEcu extends Error {
  override readonly name = "UnknownEcu";

  readonly ecuId: string;

  constructor(ecuId: string) {
    super(`this vehicle has no ECU ${ecuId}`);
    this.ecuId = ecuId;
  }
}

/** An ECU that is installed over UDS. */
export interface UdsEcu extends Ecu {
  readonly profile: EcuProfile;
}

export interface VehicleBusOptions {
  readonly url: string;
  readonly open: () => Promise<CanBus>;
  /** Nominal, bit/s; for estimates. */
  readonly bitrate: number;
  readonly clock: Clock;
  readonly ecus: readonly UdsEcu[];
  /** Wall time for fingerprints, UTC ms. */
  readonly now: () => number;
  readonly onUds?: (ecuId: string, event: ClientEvent) => void;
}

/** Seven bytes of payload in a frame of 111 to 135 bits, and what flow control and answers take of the rest. */
const PAYLOAD_SHARE = 0.45;

/** ECUs on one CAN bus, which is opened when it is first needed, and anew after it was lost. */
export class VehicleBus implements EcuAccess {
  readonly #options: VehicleBusOptions;
  #ecus: readonly UdsEcu[];
  readonly #busy = new Map<string, Promise<unknown>>();
  #bus: Promise<SharedBus> | undefined;

  constructor(options: VehicleBusOptions) {
    this.#options = options;
    this.#ecus = options.ecus;
  }

  get ecus(): readonly Ecu[] {
    return this.#ecus;
  }

  /**
   * From now on these ECUs go by other ids: someone has exchanged them, and each answers with a serial of its own.
   * What is not named goes by the id it had. @param serials by the id in the configuration
   */
  recognise(serials: ReadonlyMap<string, string>): void {
    this.#ecus = this.#options.ecus.map((ecu) => ({ ...ecu, ecuId: serials.get(ecu.ecuId) ?? ecu.ecuId }));
  }

  get busUrl(): string {
    return this.#options.url;
  }

  get bytesPerSecond(): number {
    return (this.#options.bitrate / 8) * PAYLOAD_SHARE;
  }

  use<T>(ecuId: string, work: (installer: Installer) => Promise<T>): Promise<T> {
    const before = this.#busy.get(ecuId) ?? Promise.resolve();
    const turn = before.then(() => this.#converse(ecuId, work));
    this.#busy.set(
      ecuId,
      turn.catch(() => undefined),
    );
    return turn;
  }

  async close(): Promise<void> {
    const bus = this.#bus;
    this.#bus = undefined;
    const opened = await bus?.catch(() => undefined);
    await opened?.close();
  }

  async #converse<T>(ecuId: string, work: (installer: Installer) => Promise<T>): Promise<T> {
    const { clock, now, onUds } = this.#options;
    const ecu = this.#ecus.find((candidate) => candidate.ecuId === ecuId);
    if (ecu === undefined) throw new UnknownEcu(ecuId);
    const bus = await this.#opened();
    const leave = bus.join(ecu.profile.addressing);
    const installer = new UdsInstaller({
      ecuId,
      name: ecu.name,
      profile: ecu.profile,
      bus,
      clock,
      today: () => new Date(now()).toISOString().slice(0, 10),
      onEvent: (event) => onUds?.(ecuId, event),
    });
    try {
      return await work(installer);
    } catch (error) {
      // The next conversation opens the bus again.
      const lost = causeOf(error, CanError)?.code;
      if (lost === "lost-connection" || lost === "closed") await this.close();
      throw error;
    } finally {
      leave();
      await installer.close();
    }
  }

  #opened(): Promise<SharedBus> {
    const { open, clock } = this.#options;
    const opening = (this.#bus ??= open().then((bus) => new SharedBus(bus, clock)));
    opening.catch(() => {
      if (this.#bus === opening) this.#bus = undefined;
    });
    return opening;
  }
}
