import { expect, test } from "vitest";
import { realClock } from "./real-clock.ts";

test("V1 a real timer never fires before its time", async () => {
  const lateness: number[] = [];
  const delays = [0, 0.3, 0.9, 1.1, 2.5, 3.999];
  await Promise.all(
    delays.map(async (delayMs) => {
      const atMs = realClock.now() + delayMs;
      await realClock.sleep(delayMs);
      lateness.push(realClock.now() - atMs);
    }),
  );
  expect(Math.min(...lateness)).toBeGreaterThanOrEqual(0);
});

test("V1 a cancelled real timer does not fire", async () => {
  const fired: string[] = [];
  const timer = realClock.after(1, () => fired.push("cancelled"));
  timer.cancel();
  await realClock.sleep(3);
  expect(fired).toEqual([]);
});

test("V1 a real timer for next month waits instead of firing at once", async () => {
  const fired: string[] = [];
  const timer = realClock.after(40 * 86_400_000, () => fired.push("overflow"));
  await realClock.sleep(3);
  timer.cancel();
  expect(fired).toEqual([]);
});

test("V1 an aborted real sleep rejects with the signal's reason", async () => {
  const signal = AbortSignal.abort(new RangeError("enough"));
  await expect(realClock.sleep(60_000, signal)).rejects.toThrow("enough");
});
