interface RateVerdict {
  readonly isExceeded: boolean;
  /** Until the window ends. */
  readonly retryAfterMs: number;
}

/** Counts a request of this key. */
export type RateWindows = (key: string, max: number) => RateVerdict;

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
  return (key, max) => {
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
    window.count += 1;
    return { isExceeded: window.count > max, retryAfterMs: window.beganAt + windowMs - at };
  };
}
