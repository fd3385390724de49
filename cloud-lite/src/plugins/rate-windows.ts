interface RateVerdict {
  readonly isExceeded: boolean;
  /** In this window, with this request. */
  readonly count: number;
  /** Until the window ends. */
  readonly retryAfterMs: number;
}

/** Counts a request of this key, or so many. */
export type RateWindows = (key: string, max: number, requests?: number) => RateVerdict;

interface Window {
  beganAt: number;
  count: number;
}

/** Keys that are remembered in a generation; there are two. */
const KEYS = 200_000;

/**
 * Counts requests in fixed windows, one for each key, in memory and at once: it happens at every request of a fleet.
 * Keys that were quiet for two windows are forgotten together, which costs nothing at a request.
 * @param now in ms, never backwards
 */
export function createRateWindows(windowMs: number, now: () => number): RateWindows {
  let young = new Map<string, Window>();
  let old = new Map<string, Window>();
  let youngSince = now();
  const windowOf = (key: string, at: number): Window => {
    const found = young.get(key);
    if (found) return found;
    const window = old.get(key) ?? { beganAt: at, count: 0 };
    young.set(key, window);
    return window;
  };
  return (key, max, requests = 1) => {
    const at = now();
    if (at - youngSince >= windowMs || young.size >= KEYS) {
      old = young;
      young = new Map();
      youngSince = at;
    }
    const window = windowOf(key, at);
    if (at - window.beganAt >= windowMs) {
      window.beganAt = at;
      window.count = 0;
    }
    window.count += requests;
    const { beganAt, count } = window;
    return { isExceeded: count > max, count, retryAfterMs: beganAt + windowMs - at };
  };
}
