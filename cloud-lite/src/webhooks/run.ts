import type { Dispatcher } from "./dispatcher.ts";

const LOOK_MS = 1000;

/** @returns the function that stops it and waits for what is on its way */
export function runWebhooks(dispatcher: Dispatcher): () => Promise<void> {
  const timer = setInterval(() => void dispatcher.run(), LOOK_MS);
  return () => {
    clearInterval(timer);
    return dispatcher.close();
  };
}
