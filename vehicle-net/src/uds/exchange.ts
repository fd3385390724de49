import type { Clock, Timer } from "../clock/clock.ts";
import type { MessageTransport } from "../isotp/transport.ts";
import { UdsAborted, UdsRefused, UdsTimeout, UdsTransportError, type UdsTimer } from "./error.ts";
import { Nrc } from "./nrc.ts";
import {
  type AnyService,
  NEGATIVE_RESPONSE,
  POSITIVE_RESPONSE,
  SUPPRESS_POSITIVE_RESPONSE,
} from "./service.ts";
import type { ClientTiming } from "./timing.ts";

/** What goes over the wire, as a client sees it. Times are the clock's milliseconds. */
export type ClientEvent =
  | { kind: "request"; service: AnyService; message: Uint8Array; functional: boolean; atMs: number }
  | { kind: "response"; service: AnyService; message: Uint8Array; atMs: number; tookMs: number }
  | { kind: "pending"; service: AnyService; atMs: number }
  | { kind: "failed"; service: AnyService; error: Error; atMs: number }
  | { kind: "stray"; message: Uint8Array; atMs: number };

export interface ExchangeOptions {
  readonly service: AnyService;
  readonly message: Uint8Array;
  readonly suppressed: boolean;
  readonly sender: Pick<MessageTransport, "send">;
  readonly functional: boolean;
  readonly clock: Clock;
  readonly timing: ClientTiming;
  /** Clock's time from which `timing.overallMs` counts; before the first frame where the request is a repetition. */
  readonly begunAtMs: number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: ClientEvent) => void;
}

/** One request and what comes back for it. */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #outcome = Promise.withResolvers<Uint8Array | undefined>();
  #settled = false;
  /** Clock's time at which the request had left; until then no answer can be ours. */
  #leftAtMs: number | undefined;
  #pending = false;
  /** A longer message is arriving; no time-out of ours runs meanwhile. */
  #receiving = false;
  /** The last message that was no answer to us. */
  #stray: Uint8Array | undefined;
  #timer: Timer | undefined;
  #overall: Timer | undefined;

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  /** Resolves with the positive response, or with nothing where it was suppressed. */
  async run(): Promise<Uint8Array | undefined> {
    const { service, message, functional, clock, sender, signal, timing, begunAtMs, onEvent } = this.#options;
    const aborted = (): void => this.#fail(abortion(signal));
    if (signal.aborted) throw abortion(signal);
    signal.addEventListener("abort", aborted);
    onEvent({ kind: "request", service, message, functional, atMs: clock.now() });
    const overall = (): void => this.#timeout("overall", timing.overallMs);
    this.#overall = clock.at(Math.max(begunAtMs + timing.overallMs, clock.now()), overall);
    const left = sender.send(message).then(
      (atMs) => this.#left(atMs),
      (error: unknown) => this.#fail(new UdsTransportError(service, "request", error)),
    );
    try {
      const answer = await this.#outcome.promise;
      // The late answer to a lost request can overtake its repetition, which must leave before the next request.
      await left;
      return answer;
    } finally {
      signal.removeEventListener("abort", aborted);
      this.#timer?.cancel();
      this.#overall.cancel();
    }
  }

  /** A whole message came from the ECU. */
  message(message: Uint8Array, atMs: number): void {
    const { service, clock, timing, onEvent } = this.#options;
    this.#receiving = false;
    if (this.#settled || !this.#isOurs(message)) {
      onEvent({ kind: "stray", message, atMs });
      this.#stray = message;
      this.#rearm();
      return;
    }
    if (message[0] !== NEGATIVE_RESPONSE) {
      this.#settled = true;
      const tookMs = atMs - (this.#leftAtMs ?? clock.now());
      onEvent({ kind: "response", service, message, atMs, tookMs });
      this.#outcome.resolve(message);
      return;
    }
    if (message[2] === Nrc.responsePending) {
      onEvent({ kind: "pending", service, atMs });
      this.#pending = true;
      this.#arm("P2*", timing.p2StarMs + timing.marginMs);
      return;
    }
    this.#fail(new UdsRefused(service, message[2]!));
  }

  /** The first frame of a longer message came: P2 and P2* stop here (ISO 14229-2:2021, 7.2). */
  started(_atMs: number): void {
    this.#receiving = true;
    this.#timer?.cancel();
  }

  /** The layer below gave up a reception. */
  failed(error: Error, _atMs: number): void {
    this.#receiving = false;
    if (this.#leftAtMs !== undefined) {
      this.#fail(new UdsTransportError(this.#options.service, "response", error));
    }
  }

  #left(atMs: number): void {
    this.#leftAtMs = atMs;
    if (!this.#pending && !this.#receiving) this.#rearm();
  }

  /** P2 runs from the moment at which the request had left, not from the moment at which it was queued. */
  #rearm(): void {
    const { timing } = this.#options;
    if (this.#settled || this.#leftAtMs === undefined) return;
    if (this.#pending) this.#arm("P2*", timing.p2StarMs + timing.marginMs);
    else this.#arm("P2", timing.p2Ms + timing.marginMs);
  }

  #arm(timer: UdsTimer, timeoutMs: number): void {
    const { clock } = this.#options;
    this.#timer?.cancel();
    const fromMs = timer === "P2" ? this.#leftAtMs! : clock.now();
    this.#timer = clock.at(Math.max(fromMs + timeoutMs, clock.now()), () => this.#timeout(timer, timeoutMs));
  }

  #timeout(timer: UdsTimer, timeoutMs: number): void {
    const { service, suppressed } = this.#options;
    if (suppressed && timer === "P2" && !this.#settled) {
      this.#settled = true;
      this.#outcome.resolve(undefined);
      return;
    }
    this.#fail(new UdsTimeout(service, timer, timeoutMs, this.#stray));
  }

  #fail(error: Error): void {
    if (this.#settled) return;
    this.#settled = true;
    const { service, clock, onEvent } = this.#options;
    onEvent({ kind: "failed", service, error, atMs: clock.now() });
    this.#outcome.reject(error);
  }

  /** An answer is ours if it names our service and repeats what the service repeats; else it is late or stray. */
  #isOurs(answer: Uint8Array): boolean {
    const { service, message } = this.#options;
    if (answer[0] === NEGATIVE_RESPONSE) return answer.length === 3 && answer[1] === service.sid;
    if (answer[0] !== service.sid + POSITIVE_RESPONSE) return false;
    for (let i = 1; i <= service.echo; i++) {
      const sent = message[i]! & (i === 1 && service.subFunction ? ~SUPPRESS_POSITIVE_RESPONSE : 0xff);
      if (answer[i] !== sent) return false;
    }
    return true;
  }
}

/** What an aborted request throws. */
export function abortion(signal: AbortSignal): UdsAborted {
  const reason: unknown = signal.reason;
  return reason instanceof UdsAborted ? reason : new UdsAborted("the request was aborted", { cause: reason });
}
