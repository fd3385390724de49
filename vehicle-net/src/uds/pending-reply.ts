import type { Clock, Timer } from "../clock/clock.ts";
import { PENDING_AFTER_SHARE, type ServerTiming } from "./timing.ts";

export interface PendingReplyOptions {
  readonly clock: Clock;
  readonly timing: ServerTiming;
  /** The clock's time at which the request was complete. */
  readonly fromMs: number;
  /** Sends 7F <sid> 78. */
  readonly send: () => void;
}

/** Says 0x78 before P2 ends, and again before each P2*, until it is stopped (ISO 14229-2:2021, 7.2). */
export class PendingReply {
  readonly #options: PendingReplyOptions;
  #timer: Timer;
  #sent = false;

  constructor(options: PendingReplyOptions) {
    this.#options = options;
    this.#timer = this.#arm(options.fromMs + options.timing.p2Ms * PENDING_AFTER_SHARE);
  }

  get sent(): boolean {
    return this.#sent;
  }

  stop(): void {
    this.#timer.cancel();
  }

  #arm(atMs: number): Timer {
    const { clock, timing, send } = this.#options;
    return clock.at(Math.max(atMs, clock.now()), () => {
      this.#sent = true;
      this.#timer = this.#arm(clock.now() + timing.p2StarMs * PENDING_AFTER_SHARE);
      send();
    });
  }
}
