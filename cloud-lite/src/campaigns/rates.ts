/** How the jobs of a phase stand; each vehicle counts with its latest attempt. */
export interface Tally {
  readonly queued: number;
  readonly offered: number;
  readonly active: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly rolledBack: number;
  readonly declined: number;
  readonly expired: number;
  /** Of the active ones: not heard of for too long since their first step. */
  readonly silent: number;
  /** Of the failed ones: the download did not work. */
  readonly downloadFailed: number;
  /** Of the ended ones: an ECU that does not answer any more. */
  readonly unrecoverable: number;
  /** Of the active ones: wait for the state that the safety policy demands. */
  readonly blocked: number;
  /** Of the expired ones: taken back from a driver who had not decided. */
  readonly takenBack: number;
}

export const NO_JOBS: Tally = {
  queued: 0,
  offered: 0,
  active: 0,
  succeeded: 0,
  failed: 0,
  rolledBack: 0,
  declined: 0,
  expired: 0,
  silent: 0,
  downloadFailed: 0,
  unrecoverable: 0,
  blocked: 0,
  takenBack: 0,
};

/** What the kill switch counts. */
export type Judged = Pick<
  Tally,
  "succeeded" | "failed" | "rolledBack" | "silent" | "downloadFailed" | "unrecoverable"
>;

/** Shares of what was judged, 0…1; NaN while nothing was. */
export interface Rates {
  /** Vehicles whose update ran to an end, or fell silent on the way: the denominator. */
  readonly judged: number;
  readonly success: number;
  readonly failure: number;
  readonly rollback: number;
  readonly downloadFailure: number;
  readonly silence: number;
}

/**
 * failure = (failed + rolled back + silent) / (finished + silent). Offers that were not reached, declined or expired
 * are in no denominator: nothing was tried.
 */
export function ratesOf({ succeeded, failed, rolledBack, silent, downloadFailed }: Judged): Rates {
  const judged = succeeded + failed + rolledBack + silent;
  return {
    judged,
    success: succeeded / judged,
    failure: (failed + rolledBack + silent) / judged,
    rollback: rolledBack / judged,
    downloadFailure: downloadFailed / judged,
    silence: silent / judged,
  };
}

/** Whose end is still to come; a silent vehicle counts as one that failed, whatever it may say later. */
export const openOf = ({ queued, offered, active, silent }: Tally): number =>
  queued + offered + Math.max(0, active - silent);

export const sizeOf = (tally: Tally): number =>
  tally.queued +
  tally.offered +
  tally.active +
  tally.succeeded +
  tally.failed +
  tally.rolledBack +
  tally.declined +
  tally.expired;
