import { withRoom } from "../vehicles/presence/vehicle-numbers.ts";

interface RateVerdict {
  readonly isExceeded: boolean;
  /** In this window, with this request. */
  readonly count: number;
  /** Until the window ends. */
  readonly retryAfterMs: number;
}

/** Counts a request of the vehicle of this number, or so many. */
export type RateWindows = (vehicle: number, max: number, requests?: number) => RateVerdict;

/**
 * Counts requests in fixed windows, one for each vehicle, in memory and at once: it happens at every request of a fleet.
 * @param now in ms, never backwards
 */
export function createRateWindows(windowMs: number, now: () => number): RateWindows {
  // Of each vehicle when its window began, and its requests since; none before the first.
  let windows = new Float64Array(2048);
  return (vehicle, max, requests = 1) => {
    const at = now();
    const beganAt = 2 * vehicle;
    const counted = beganAt + 1;
    windows = withRoom(windows, counted);
    if (windows[counted] === 0 || at - windows[beganAt]! >= windowMs) {
      windows[beganAt] = at;
      windows[counted] = 0;
    }
    const count = windows[counted]! + requests;
    windows[counted] = count;
    return { isExceeded: count > max, count, retryAfterMs: windows[beganAt]! + windowMs - at };
  };
}
