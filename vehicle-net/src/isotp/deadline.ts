import type { Clock, Timer } from "../clock/clock.ts";

/** A deadline fired this late means that the process stood still, not that the other end was silent. */
const STALL_MS = 20;

/**
 * A timer made to be put off: moving the deadline later costs no new timer of the clock, which matters where it moves
 * with every frame of a full bus.
 */
export class Deadline {
  readonly #clock: Clock;
  readonly #expired: (atMs: number) => void;
  readonly #forgivesStalls: boolean;
  #timer: Timer | undefined;
  #timerAtMs = Infinity;
  #atMs = Infinity;

  /** @param forgivesStalls after a stall of the process, what arrived meanwhile is looked at first. */
  constructor(clock: Clock, expired: (atMs: number) => void, forgivesStalls: boolean) {
    this.#clock = clock;
    this.#expired = expired;
    this.#forgivesStalls = forgivesStalls;
  }

  arm(atMs: number): void {
    this.#atMs = atMs;
    if (this.#timer === undefined || this.#timerAtMs > atMs) this.#schedule(atMs);
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#atMs = Infinity;
  }

  #schedule(atMs: number): void {
    this.#timer?.cancel();
    this.#timerAtMs = atMs;
    this.#timer = this.#clock.at(atMs, () => this.#fire());
  }

  #fire(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.now();
    if (nowMs < this.#atMs) {
      this.#schedule(this.#atMs);
    } else if (this.#forgivesStalls && nowMs - this.#timerAtMs > STALL_MS) {
      this.#schedule(nowMs + STALL_MS);
    } else {
      this.#atMs = Infinity;
      this.#expired(nowMs);
    }
  }
}
