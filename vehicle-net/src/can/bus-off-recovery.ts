import type { Clock, Timer } from "../clock/clock.ts";

/** A controller comes back after it has seen so many times 11 recessive bits in a row (ISO 11898-1:2015 12.1.4.4). */
const OCCURRENCES = 128;
const RECESSIVE_BITS = 11;

/**
 * Counts a bus-off controller back onto the bus. On an idle bus that takes 128 × 11 bits. Every frame holds 11 recessive
 * bits, those of its acknowledge delimiter, its end and the interframe space, so that a busy bus takes 128 frames.
 */
export class BusOffRecovery {
  readonly #clock: Clock;
  readonly #onceMs: number;
  readonly #done: (atMs: number) => void;
  #left = OCCURRENCES;
  #idleSinceMs: number | undefined;
  #timer: Timer | undefined;

  /**
   * @param bitMs duration of a nominal bit.
   * @param done told once, with the time at which the controller is back.
   */
  constructor(clock: Clock, bitMs: number, done: (atMs: number) => void) {
    this.#clock = clock;
    this.#onceMs = RECESSIVE_BITS * bitMs;
    this.#done = done;
  }

  /** Nobody sends from `atMs` on. */
  idle(atMs: number): void {
    this.#idleSinceMs = atMs;
    const dueMs = atMs + this.#left * this.#onceMs;
    this.#timer = this.#clock.at(dueMs, () => this.#done(dueMs));
  }

  /** A frame starts. */
  frameStarts(atMs: number): void {
    this.#timer?.cancel();
    if (this.#idleSinceMs === undefined) return;
    const idleMs = atMs - this.#idleSinceMs;
    this.#left -= Math.floor(idleMs / this.#onceMs);
    this.#idleSinceMs = undefined;
  }

  /** A frame, or the error frame in its place, has ended; its interframe space lasts until `freeMs`. */
  frameEnded(freeMs: number): void {
    this.#left -= 1;
    this.idle(freeMs);
  }

  cancel(): void {
    this.#timer?.cancel();
  }
}
