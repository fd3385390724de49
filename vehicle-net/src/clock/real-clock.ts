import type { Clock, Timer } from "./clock.ts";
import { sleepOn } from "./sleep.ts";

/** Longer delays overflow `setTimeout`, which then fires at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

class RealTimer implements Timer {
  readonly #atMs: number;
  #callback: (() => void) | undefined;
  #timeout: NodeJS.Timeout | undefined;

  constructor(atMs: number, callback: () => void) {
    this.#atMs = atMs;
    this.#callback = callback;
    this.#arm();
  }

  cancel(): void {
    clearTimeout(this.#timeout);
    this.#callback = undefined;
  }

  /** Node counts whole milliseconds and may fire a fraction early; what comes early is armed again. */
  #arm(): void {
    const delayMs = Math.min(Math.max(Math.ceil(this.#atMs - performance.now()), 0), LONGEST_TIMEOUT_MS);
    this.#timeout = setTimeout(() => this.#fire(), delayMs);
  }

  #fire(): void {
    if (performance.now() < this.#atMs) {
      this.#arm();
      return;
    }
    const callback = this.#callback;
    this.#callback = undefined;
    callback?.();
  }
}

/**
 * The time of this process (`performance.now`). Callbacks come at or up to about 1.5 ms after their time, never before;
 * whoever paces something faster than that works through everything due, by its own schedule (see `VirtualBus`).
 */
export const realClock: Clock = {
  now: () => performance.now(),
  at: (atMs, callback) => new RealTimer(atMs, callback),
  after: (delayMs, callback) => new RealTimer(performance.now() + delayMs, callback),
  sleep: (delayMs, signal) => sleepOn(realClock, delayMs, signal),
  working: (work) => work,
};
