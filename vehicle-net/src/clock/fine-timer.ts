import type { Clock, Timer } from "./clock.ts";
import { realClock } from "./real-clock.ts";

/** A timer of the event loop comes up to about this much late. */
const COARSE_MS = 1.5;

/**
 * `realClock.at` to within some hundredths of a millisecond: the last stretch is spent awake, going round the event
 * loop without sleeping. For waits that are short and seldom; it takes a processor for as long.
 */
export const fineAt: Clock["at"] = (atMs, callback) => {
  let immediate: NodeJS.Immediate | undefined;
  let coarse: Timer | undefined;
  const look = (): void => {
    immediate = undefined;
    if (realClock.now() >= atMs) callback();
    else immediate = setImmediate(look);
  };
  if (atMs - realClock.now() > COARSE_MS) coarse = realClock.at(atMs - COARSE_MS, look);
  else immediate = setImmediate(look);
  return {
    cancel() {
      coarse?.cancel();
      clearImmediate(immediate);
    },
  };
};
