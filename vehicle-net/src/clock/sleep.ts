import type { Clock } from "./clock.ts";

/** `Clock.sleep` for any clock that has `after`: rejects with the signal's reason when it aborts first. */
export async function sleepOn(
  clock: Pick<Clock, "after">,
  delayMs: number,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = clock.after(delayMs, resolve);
  const abort = (): void => {
    timer.cancel();
    reject(signal?.reason);
  };
  signal?.addEventListener("abort", abort, { once: true });
  try {
    await promise;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
