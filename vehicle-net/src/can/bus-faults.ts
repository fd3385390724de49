import type { CanFrame } from "./frame.ts";

/** An attempt to send a frame that has won arbitration. */
export interface Attempt {
  readonly frame: CanFrame;
  /** Name of the node that sends. */
  readonly sender: string;
  /** 1 for the first attempt to send this frame. */
  readonly attempt: number;
  /** Counts the attempts on this bus from 0. */
  readonly sequence: number;
  /** The clock's time of its first bit, ms. */
  readonly atMs: number;
}

/**
 * What may happen to an attempt. `lose`: it is sent and acknowledged, yet no receiver's software sees it (an overrun).
 * `corrupt`: an error frame ends it and the controller sends it again. `delayMs`: the sender takes part in arbitration
 * that much later, as one attempt more.
 */
export type BusFault = "lose" | "corrupt" | { readonly delayMs: number };

/** Asked for every attempt; `undefined` lets it pass. */
export type BusFaults = (attempt: Attempt) => BusFault | undefined;

export interface RandomFaultRates {
  /** Same seed, same frames, same faults. */
  readonly seed: number;
  /** Probabilities per attempt, 0 to 1. */
  readonly lose?: number;
  readonly corrupt?: number;
}

/** Loses and corrupts frames at random, reproducibly (the generator is mulberry32). */
export function randomFaults(rates: RandomFaultRates): BusFaults {
  const { seed, lose = 0, corrupt = 0 } = rates;
  let state = seed >>> 0;
  const random = (): number => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => {
    const drawn = random();
    if (drawn < lose) return "lose";
    return drawn < lose + corrupt ? "corrupt" : undefined;
  };
}
