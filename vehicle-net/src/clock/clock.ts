/** A running timer; `cancel` is idempotent and does nothing once the timer has fired. */
export interface Timer {
  cancel(): void;
}

/**
 * Where time comes from on the vehicle side. Everything that waits asks a clock, so that ten seconds of
 * session time-out cost a test nothing.
 */
export interface Clock {
  /** Monotonic milliseconds, fractional; the zero point is arbitrary. */
  now(): number;
  /** Calls `callback` once when `now() >= atMs`. */
  at(atMs: number, callback: () => void): Timer;
  /** Calls `callback` once after `delayMs`. */
  after(delayMs: number, callback: () => void): Timer;
  /** Resolves after `delayMs`; rejects with the signal's reason when it aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
  /**
   * Marks work that takes real time (disk, a worker, a socket). A virtual clock does not advance while such
   * work is pending; a real clock returns the promise as it is.
   */
  working<T>(work: Promise<T>): Promise<T>;
}
