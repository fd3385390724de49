import type { Clock, Timer } from "../clock/clock.ts";

export interface SessionKeeperOptions {
  readonly clock: Clock;
  readonly s3ClientMs: number;
  /** Sends 3E 80, or nothing where a request on its way keeps the session alive anyway. */
  readonly send: () => Promise<void>;
}

/** Sends TesterPresent every S3client for as long as a non-default session is held (ISO 14229-2:2021, 7.4). */
export class SessionKeeper {
  readonly #options: SessionKeeperOptions;
  #timer: Timer | undefined;

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#timer === undefined) this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    const { clock, s3ClientMs, send } = this.#options;
    this.#timer = clock.after(s3ClientMs, () => {
      this.#arm();
      // A lost TesterPresent is made good by the next one: S3server is longer than two S3client.
      send().catch(() => {});
    });
  }
}
