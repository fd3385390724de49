import type { Clock, Timer } from "../../clock/clock.ts";

/** One timer, moved about. */
export class WakeUp {
  readonly #clock: Clock;
  readonly #callback: () => void;
  #timer: Timer | undefined;
  #atMs = Infinity;

  constructor(clock: Clock, callback: () => void) {
    this.#clock = clock;
    this.#callback = callback;
  }

  /** Calls back at `atMs` and at no other time; never, where that is `Infinity`. */
  move(atMs: number): void {
    if (atMs === this.#atMs) return;
    this.#timer?.cancel();
    this.#atMs = atMs;
    this.#timer = atMs === Infinity ? undefined : this.#clock.at(atMs, () => this.#fire());
  }

  #fire(): void {
    this.#atMs = Infinity;
    this.#callback();
  }
}
