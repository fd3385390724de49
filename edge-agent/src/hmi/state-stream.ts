import type { GatewayControls, GatewayState } from "../gateway-state.ts";

/** Not more than ten states a second reach a page. */
const PACE_MS = 100;
/** Without a change, a sign of life: a page whose connection died in silence notices. */
export const ALIVE_MS = 5_000;

export type StreamMessage =
  | { readonly event: "state"; readonly data: GatewayState; readonly retry: number }
  | { readonly event: "alive"; readonly data: number };

/**
 * The whole state at once, then again after each change, at most one per 100 ms and always the newest: a slow
 * reader skips states, it never queues them. Ends with `signal`.
 */
export async function* stateStream(
  controls: Pick<GatewayControls, "subscribe" | "current">,
  signal: AbortSignal,
): AsyncGenerator<StreamMessage, void, void> {
  let changed = true;
  let wake = Promise.withResolvers<void>();
  const unsubscribe = controls.subscribe(() => {
    changed = true;
    wake.resolve();
  });
  const stop = () => {
    unsubscribe();
    wake.resolve();
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    while (!signal.aborted) {
      if (changed) {
        changed = false;
        yield { event: "state", data: controls.current(), retry: 1000 };
        await within(PACE_MS, once(signal));
      } else {
        wake = Promise.withResolvers<void>();
        if ((await within(ALIVE_MS, wake.promise)) === "time") yield { event: "alive", data: Date.now() };
      }
    }
  } finally {
    signal.removeEventListener("abort", stop);
    unsubscribe();
  }
}

function once(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}

/** Which came first: the event or the end of the time, ms. The timer does not outlive the answer. */
async function within(ms: number, event: Promise<void>): Promise<"event" | "time"> {
  const { promise, resolve } = Promise.withResolvers<"time">();
  const timer = setTimeout(() => resolve("time"), ms);
  try {
    return await Promise.race([event.then(() => "event" as const), promise]);
  } finally {
    clearTimeout(timer);
  }
}
