import { expect, test } from "vitest";
import { createRateWindows } from "./rate-windows.ts";

const WINDOW_MS = 60_000;

function windows() {
  const clock = { at: 0 };
  const count = createRateWindows(WINDOW_MS, () => clock.at);
  const times = (key: string, requests: number) =>
    Array.from({ length: requests }, () => count(key, 2).isExceeded);
  return { clock, count, times };
}

test("A11 the request after the last allowed one is one too many, for its own key only", () => {
  const { times } = windows();
  expect(times("car", 3)).toEqual([false, false, true]);
  expect(times("bus", 1)).toEqual([false]);
});

test("A11 a window begins with its first request and ends after a minute", () => {
  const { clock, count, times } = windows();
  clock.at = 50_000;
  times("car", 3);
  clock.at = 109_999;
  expect(count("car", 2)).toEqual({ isExceeded: true, count: 4, retryAfterMs: 1 });
  clock.at = 110_000;
  expect(count("car", 2)).toEqual({ isExceeded: false, count: 1, retryAfterMs: WINDOW_MS });
});

test("A11 what is forgotten is over: a window outlives the change of generations", () => {
  const { clock, times } = windows();
  clock.at = 59_999;
  times("car", 3);
  clock.at = 60_000;
  times("bus", 1);
  expect(times("car", 1)).toEqual([true]);
});
