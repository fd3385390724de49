/** What a controller may still do: `warning` is `active` with a counter of 96 or more. */
export type ErrorState = "active" | "warning" | "passive" | "bus-off";

const WARNING_COUNT = 96;
const PASSIVE_COUNT = 128;
/** Transmit error counter at which a controller leaves the bus. */
const BUS_OFF_COUNT = 256;
const TRANSMIT_ERROR = 8;

/** The fault confinement of one controller (ISO 11898-1:2015 12.1.4): two counters and the state that follows from them. */
export class ErrorCounters {
  #transmit = 0;
  #receive = 0;

  /** Transmit error counter (TEC). */
  get transmit(): number {
    return this.#transmit;
  }

  /** Receive error counter (REC). */
  get receive(): number {
    return this.#receive;
  }

  get state(): ErrorState {
    if (this.#transmit >= BUS_OFF_COUNT) return "bus-off";
    const higher = Math.max(this.#transmit, this.#receive);
    if (higher >= PASSIVE_COUNT) return "passive";
    return higher >= WARNING_COUNT ? "warning" : "active";
  }

  /**
   * An error frame ended a frame that it sent (12.1.4.2 c). Without acknowledgement an error-passive controller counts no
   * further (exception 1): a lone node never goes bus-off.
   */
  transmitFailed(kind: "bit" | "acknowledge"): void {
    if (kind === "acknowledge" && this.#transmit >= PASSIVE_COUNT) return;
    this.#transmit += TRANSMIT_ERROR;
  }

  /** It sent a frame to its end (12.1.4.2 g). */
  transmitted(): void {
    this.#transmit = Math.max(0, this.#transmit - 1);
  }

  /** It detected an error in another's frame (12.1.4.2 a). */
  receiveFailed(): void {
    // Above 127 the value matters no more; controllers stop there.
    this.#receive = Math.min(this.#receive + 1, PASSIVE_COUNT);
  }

  /** It received a frame to its end (12.1.4.2 h): from above 127 the counter falls to a value of 119 to 127. */
  received(): void {
    this.#receive = Math.max(0, Math.min(this.#receive - 1, PASSIVE_COUNT - 1));
  }

  /** It has come back from bus-off (12.1.4.4). */
  reset(): void {
    this.#transmit = 0;
    this.#receive = 0;
  }
}
