const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** How long each role's signature lasts. Short where the key is online, long where people must meet to sign. */
export const LIFETIME_MS = {
  image: {
    root: 365 * DAY_MS,
    targets: 90 * DAY_MS,
    transport: 30 * DAY_MS,
    snapshot: 7 * DAY_MS,
    timestamp: DAY_MS,
  },
  director: { root: 365 * DAY_MS, targets: 14 * DAY_MS, snapshot: DAY_MS, timestamp: DAY_MS },
} as const;

/** Sign anew once half of the lifetime has gone: a vehicle that reads now can still use it for the other half. */
export const isStale = (expiresAt: number, lifetimeMs: number, at: number): boolean =>
  expiresAt - at < lifetimeMs / 2;

/** TUF 1.0.33, 4.2.1: `YYYY-MM-DDTHH:MM:SSZ`, whole seconds. */
export const expiresText = (expiresAt: number): string =>
  new Date(expiresAt).toISOString().replace(/\.\d{3}Z$/, "Z");
