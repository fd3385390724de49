import { expect, test } from "vitest";
import { createRateWindows } from "./rate-windows.ts";

const WINDOW_MS = 60_000;
const [CAR, BUS] = [3, 5];

function windows() {
  const clock = { at: 0 };
  const count = createRateWindows(WINDOW_MS, () => clock.at);
  const times = (vehicle: number, requests: number) =>
    Array.from({ length: requests }, () => count(vehicle, 2).isExceeded);
  return { clock, count, times };
}

test("A11 the request after the last allowed one is one too many, for its own vehicle only", () => {
  const { times } = windows();
  expect(times(CAR, 3)).toEqual([false, false, true]);
  expect(times(BUS, 1)).toEqual([false]);
});

test("A11 a window begins with its first request and ends after a minute", () => {
  const { clock, count, times } = windows();
  clock.at = 50_000;
  times(CAR, 3);
  clock.at = 109_999;
  expect(count(CAR, 2)).toEqual({ isExceeded: true, count: 4, retryAfterMs: 1 });
  clock.at = 110_000;
  expect(count(CAR, 2)).toEqual({ isExceeded: false, count: 1, retryAfterMs: WINDOW_MS });
});

test("A11 a window goes on when vehicles come for whose numbers there was no room", () => {
  const { clock, times } = windows();
  clock.at = 59_999;
  times(CAR, 3);
  times(1_000_000, 1);
  expect(times(CAR, 1)).toEqual([true]);
  expect(times(1_000_000, 2)).toEqual([false, true]);
});
