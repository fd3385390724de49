import { expect, test } from "vitest";
import { fineAt } from "./fine-timer.ts";
import { realClock } from "./real-clock.ts";

const fired = (atMs: number): Promise<number> =>
  new Promise((resolve) => fineAt(atMs, () => resolve(realClock.now())));

test.each([-1, 0, 0.3, 4])(
  "V1 a fine timer set %d ms ahead fires, and not before its time",
  async (aheadMs) => {
    const atMs = realClock.now() + aheadMs;
    expect(await fired(atMs)).toBeGreaterThanOrEqual(atMs);
  },
);

test.each([0.5, 4])("V1 a fine timer set %d ms ahead does not fire once it is cancelled", async (aheadMs) => {
  const atMs = realClock.now() + aheadMs;
  let hasFired = false;
  fineAt(atMs, () => (hasFired = true)).cancel();
  await fired(atMs + 2);
  expect(hasFired).toBe(false);
});
