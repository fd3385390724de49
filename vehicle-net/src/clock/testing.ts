import { ClockError } from "./clock-error.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/**
 * Advances `clock` until `promise` settles, which must happen within `durationMs` of virtual time. Returns its value,
 * or throws what it was rejected with.
 * @throws {ClockError} `too-late` where it does not settle in time; the clock then stands at the end of the duration.
 */
export async function expectWithin<T>(
  clock: VirtualClock,
  durationMs: number,
  promise: Promise<T>,
): Promise<T> {
  const startMs = clock.now();
  try {
    return await clock.run(promise, { capMs: durationMs });
  } catch (cause) {
    if (!(cause instanceof ClockError)) throw cause;
    await clock.advance(startMs + durationMs - clock.now());
    throw new ClockError("too-late", `Expected within ${durationMs} ms of ${startMs} ms. ${cause.message}`);
  }
}

/**
 * Lets `durationMs` pass, during which `condition` must hold: it is asked at the start, after every timer, and at the end.
 * @throws {ClockError} `not-held` with the time at which it no longer did.
 */
export async function expectWhile(
  clock: VirtualClock,
  durationMs: number,
  condition: () => boolean,
): Promise<void> {
  const startMs = clock.now();
  const check = (): void => {
    if (condition()) return;
    const heldMs = clock.now() - startMs;
    throw new ClockError(
      "not-held",
      `Expected to hold for ${durationMs} ms from ${startMs} ms, held for ${heldMs} ms.`,
    );
  };
  await clock.advance(durationMs, check);
  check();
}
