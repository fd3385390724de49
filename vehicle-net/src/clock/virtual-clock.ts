import { setImmediate as nextTurn } from "node:timers/promises";
import { ClockError } from "./clock-error.ts";
import type { Clock, Timer } from "./clock.ts";
import { sleepOn } from "./sleep.ts";
import { TimerQueue } from "./timer-queue.ts";

/**
 * Turns of the event loop given to promises before time moves on. One empties the microtasks; the others are for
 * libraries that hop through `setImmediate` once or twice. Anything longer belongs into `working`.
 */
const TURNS = 3;

/** An hour of virtual time: a run that needs more has most likely lost its end. */
const DEFAULT_CAP_MS = 3_600_000;

/**
 * Time that moves only when told to, and then only from timer to timer. Same program, same order of events: timers of
 * one instant fire in the order of their creation, and what a timer sets in motion is finished before the next fires.
 */
export class VirtualClock implements Clock {
  readonly #timers = new TimerQueue();
  readonly #work = new Set<Promise<unknown>>();
  #nowMs: number;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  at(atMs: number, callback: () => void): Timer {
    return this.#timers.add(Math.max(atMs, this.#nowMs), callback);
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.at(this.#nowMs + delayMs, callback);
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  working<T>(work: Promise<T>): Promise<T> {
    const ended = work.then(
      () => void this.#work.delete(ended),
      () => void this.#work.delete(ended),
    );
    this.#work.add(ended);
    return work;
  }

  /**
   * Lets `durationMs` pass: everything due fires at its own time, the last at exactly `now() + durationMs`.
   * @param onSettled called at the start and after each timer, when what it set in motion is finished; may throw.
   */
  async advance(durationMs: number, onSettled?: () => void): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    const step = async (): Promise<boolean> => {
      await this.#settle();
      onSettled?.();
      return this.#fireNext(endMs);
    };
    while (await this.#exclusively(step));
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  /**
   * Advances until `promise` settles and returns its value, or throws what it was rejected with.
   * @param options.capMs virtual time after which to give up (default one hour).
   * @throws {ClockError} `idle` where nothing is left that could settle it, `cap-exceeded` where it takes too long.
   */
  async run<T>(promise: Promise<T>, options: { readonly capMs?: number } = {}): Promise<T> {
    const capMs = options.capMs ?? DEFAULT_CAP_MS;
    const endMs = this.#nowMs + capMs;
    let settled = false;
    const note = (): void => {
      settled = true;
    };
    promise.then(note, note);
    const isSettled = (): boolean => settled;
    const step = async (): Promise<boolean> => {
      await this.#settle(isSettled);
      return !isSettled() && this.#fireNext(endMs);
    };
    while (await this.#exclusively(step));
    if (!isSettled()) throw this.#unsettled(capMs, endMs);
    return promise;
  }

  #fireNext(endMs: number): boolean {
    const nextMs = this.#timers.nextMs();
    if (nextMs > endMs) return false;
    this.#nowMs = Math.max(this.#nowMs, nextMs);
    this.#timers.takeDue(this.#nowMs)?.();
    return true;
  }

  async #settle(isDone?: () => boolean): Promise<void> {
    for (let turn = 0; turn < TURNS; turn += 1) {
      await nextTurn();
      if (isDone?.() === true) return;
      if (this.#work.size > 0) {
        await Promise.race(this.#work);
        turn = -1;
      }
    }
  }

  /** Two that advance the clock at once take turns, step by step. */
  #exclusively<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(step);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  #unsettled(capMs: number, endMs: number): ClockError {
    const nextMs = this.#timers.nextMs();
    if (nextMs === Infinity) {
      return new ClockError(
        "idle",
        `Nothing is left to do at ${this.#nowMs} ms and the promise has not settled: ` +
          "no timer is armed and no work is pending. Something waits for an event that nobody will bring.",
      );
    }
    return new ClockError(
      "cap-exceeded",
      `The promise has not settled within ${capMs} ms of virtual time (until ${endMs} ms): ` +
        `${this.#timers.size} timer(s) are armed, the next for ${nextMs} ms.`,
    );
  }
}
