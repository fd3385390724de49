import type { Clock } from "@halfshaft/vehicle-net/clock";

/** Keeps a stream of bytes at a rate, on average from its beginning. */
export class Throttle {
  readonly #clock: Clock;
  readonly #bytesPerSecond: number;
  #dueMs: number;

  /** @param bytesPerSecond 0: no limit */
  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock;
    this.#bytesPerSecond = bytesPerSecond;
    this.#dueMs = clock.now();
  }

  /** Resolves when the next bytes may come after these. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.#bytesPerSecond === 0) return;
    const now = this.#clock.now();
    // A pause is not made up for afterwards.
    this.#dueMs = Math.max(this.#dueMs, now - 1000) + (bytes / this.#bytesPerSecond) * 1000;
    if (this.#dueMs > now) await this.#clock.sleep(this.#dueMs - now, signal);
  }
}
