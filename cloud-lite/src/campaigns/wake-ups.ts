/** Vehicles that are told to ask within one pause: each asks at once. */
const AT_ONCE = 100;
const PAUSE_MS = 200;
/** More than that may get lost: vehicles also ask by themselves. */
const MAX_WAITING = 200_000;

export interface WakeUps {
  add(vehicleIds: readonly string[]): void;
  /** Forgets who still waits. */
  close(): void;
}

/** Spreads wake-ups over time, so that a campaign does not bring its whole fleet at once. */
export function createWakeUps(wakeUp: (vehicleId: string) => void): WakeUps {
  const waiting = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const next = (): void => {
    timer = undefined;
    for (const vehicleId of [...waiting].slice(0, AT_ONCE)) {
      waiting.delete(vehicleId);
      wakeUp(vehicleId);
    }
    if (waiting.size > 0) timer = setTimeout(next, PAUSE_MS).unref();
  };
  return {
    add(vehicleIds) {
      for (const vehicleId of vehicleIds.slice(0, MAX_WAITING - waiting.size)) waiting.add(vehicleId);
      if (timer === undefined) next();
    },
    close() {
      clearTimeout(timer);
      waiting.clear();
    },
  };
}
