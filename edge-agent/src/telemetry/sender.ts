import type { Event } from "@halfshaft/ota-format";
import type { CloudApi } from "../cloud-api.ts";
import { HttpError } from "../http/http-error.ts";
import type { Nudge } from "../nudge.ts";
import type { Outbox } from "./outbox.ts";

const BATCH = 200;
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 300_000;

export interface SenderOptions {
  readonly outbox: Outbox;
  readonly cloud: Pick<CloudApi, "postEvents">;
  readonly nudge: Nudge;
  /** An event that the cloud will never take, and why; it is dropped, or nothing after it would arrive. */
  readonly onRefused: (event: Event, error: HttpError) => void;
}

/** Empties the outbox towards the cloud, oldest first, and tries again for as long as it takes. */
export class Sender {
  readonly #options: SenderOptions;
  #sending: Promise<void> | undefined;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Sends what waits, and what comes, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { outbox } = this.#options;
    while (true) {
      if (outbox.waiting.length === 0) await this.#something(signal);
      await this.drain(signal);
    }
  }

  /** Resolves when the outbox is empty. Rejects only with the signal's reason. */
  async drain(signal: AbortSignal): Promise<void> {
    const { outbox, nudge } = this.#options;
    let pauseMs = FIRST_PAUSE_MS;
    while (outbox.waiting.length > 0) {
      try {
        await this.#sendOnce(signal);
        pauseMs = FIRST_PAUSE_MS;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof HttpError)) throw error;
        await nudge.pause(pauseMs, signal);
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      }
    }
  }

  /** One batch; two that want to send at once share it, so that nothing is sent twice. */
  #sendOnce(signal: AbortSignal): Promise<void> {
    this.#sending ??= this.#send(this.#options.outbox.waiting.slice(0, BATCH), signal).finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  async #send(events: readonly Event[], signal: AbortSignal): Promise<void> {
    const { outbox, cloud, onRefused } = this.#options;
    try {
      await cloud.postEvents(events, signal);
    } catch (error) {
      if (!(error instanceof HttpError) || !isRefusedForGood(error)) throw error;
      const [first, ...others] = events;
      if (others.length > 0) {
        // One of them is wrong: halves find it, and the others arrive.
        const half = Math.ceil(events.length / 2);
        await this.#send(events.slice(0, half), signal);
        await this.#send(events.slice(half), signal);
        return;
      }
      onRefused(first!, error);
    }
    await outbox.remove(events);
  }

  #something(signal: AbortSignal): Promise<void> {
    const { outbox } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    const unsubscribe = outbox.subscribe(resolve);
    return promise.finally(() => {
      unsubscribe();
      signal.removeEventListener("abort", abort);
    });
  }
}

const isRefusedForGood = ({ status }: HttpError): boolean =>
  status === 400 || status === 413 || status === 422;
