import type { Clock } from "@halfshaft/vehicle-net/clock";

/** A pause that ends early when something has happened: a wake-up, a decision, "check now". */
export class Nudge {
  readonly #clock: Clock;
  #waiting = Promise.withResolvers<void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends every pause that is going on. */
  wake(): void {
    this.#waiting.resolve();
    this.#waiting = Promise.withResolvers<void>();
  }

  /** Rejects with the signal's reason when it aborts. */
  async pause(durationMs: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const woken = this.#waiting.promise;
    const slept = this.#clock.sleep(durationMs, AbortSignal.any([signal, over.signal]));
    // The loser of the race is cancelled; its rejection is meant for nobody.
    const quiet = slept.catch(() => signal.throwIfAborted());
    try {
      await Promise.race([woken, quiet]);
      signal.throwIfAborted();
    } finally {
      over.abort();
      await quiet.catch(() => undefined);
    }
  }
}
