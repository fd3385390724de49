import type { Clock } from "../clock/clock.ts";
import type { MessageTransport } from "../isotp/transport.ts";
import { UdsAborted, UdsFormatError, UdsProtocolError, UdsRefused } from "./error.ts";
import { abortion, Exchange, type ClientEvent, type ExchangeOptions } from "./exchange.ts";
import { Nrc } from "./nrc.ts";
import {
  type AnyService,
  decodeResponse,
  encodeRequest,
  type Service,
  SUPPRESS_POSITIVE_RESPONSE,
} from "./service.ts";
import { EcuReset } from "./services/ecu-reset.ts";
import { DiagnosticSessionControl, Session } from "./services/session-control.ts";
import { serviceOf } from "./services/table.ts";
import { TesterPresent } from "./services/tester-present.ts";
import { SessionKeeper } from "./session-keeper.ts";
import { type ClientTiming, defaultClientTiming } from "./timing.ts";

/** Sends to all ECUs at once; their answers come on their own transports. */
export type FunctionalSender = Pick<MessageTransport, "send">;

export interface UdsClientOptions {
  /** Physical addressing: one ECU. */
  readonly transport: MessageTransport;
  /** Functional addressing, where there is one. TesterPresent goes this way then. */
  readonly functional?: FunctionalSender;
  readonly clock: Clock;
  /** Raised or lowered from `defaultClientTiming`. */
  readonly timing?: Partial<ClientTiming>;
  /** Everything that goes over the wire, for traces and progress. */
  readonly onEvent?: (event: ClientEvent) => void;
}

export interface RequestOptions {
  /** Sends to the functional address. */
  readonly functional?: boolean;
  /** For this request in place of `timing.p2Ms`; the margin is still added. */
  readonly p2Ms?: number;
  /** For this request in place of `timing.overallMs`. */
  readonly overallMs?: number;
  /** Ends the wait with `UdsAborted`; what is already on the bus stays there. */
  readonly signal?: AbortSignal;
}

/** One tester talking to one ECU: one request at a time, further ones wait in a queue. */
export class UdsClient {
  readonly #options: UdsClientOptions;
  readonly #unsubscribe: () => void;
  readonly #keeper: SessionKeeper;
  readonly #closed = new AbortController();
  #timing: ClientTiming;
  #queue: Promise<unknown> = Promise.resolve();
  #exchange: Exchange | undefined;
  #session: number = Session.default;

  constructor(options: UdsClientOptions) {
    this.#options = options;
    this.#timing = { ...defaultClientTiming, ...options.timing };
    this.#keeper = new SessionKeeper({
      clock: options.clock,
      s3ClientMs: this.#timing.s3ClientMs,
      send: () => this.#testerPresent(),
    });
    this.#unsubscribe = options.transport.subscribe({
      message: (message, atMs) => {
        if (this.#exchange === undefined) options.onEvent?.({ kind: "stray", message, atMs });
        else this.#exchange.message(message, atMs);
      },
      started: (_length, atMs) => this.#exchange?.started(atMs),
      failed: (error, atMs) => this.#exchange?.failed(error, atMs),
    });
  }

  /** The session that the ECU last confirmed; default again after a reset. */
  get session(): number {
    return this.#session;
  }

  /**
   * Sends a request and waits for its positive response.
   * @throws {UdsRefused} the ECU's negative response
   * @throws {UdsTimeout} no answer within P2, P2* or the overall cap
   * @throws {UdsTransportError} request or answer lost in the layer below
   * @throws {UdsProtocolError} an answer that does not fit the declaration
   * @throws {UdsFormatError} fields that do not fit the declaration; nothing was sent
   * @throws {UdsAborted} by the signal or by `close`
   */
  async request<Request, RequestInput, Response, ResponseInput>(
    service: Service<Request, RequestInput, Response, ResponseInput>,
    fields: RequestInput,
    options: RequestOptions = {},
  ): Promise<Response> {
    const message = encodeRequest(service, fields);
    const answer = await this.#inTurn(() => this.#run(service, message, options, false));
    if (answer === undefined) throw new UdsProtocolError(service, "no answer came");
    try {
      return decodeResponse(service, answer);
    } catch (error) {
      if (!(error instanceof UdsFormatError)) throw error;
      throw new UdsProtocolError(service, `the answer does not fit: ${error.message}`, { cause: error });
    }
  }

  /**
   * Sends a request whose positive response is suppressed (bit 7 of the sub-function). Resolves when P2 has
   * passed in silence, or with the answer that must follow a 0x78. Throws as `request` does, except for P2.
   */
  async requestSuppressed<Request, RequestInput, Response, ResponseInput>(
    service: Service<Request, RequestInput, Response, ResponseInput>,
    fields: RequestInput,
    options: RequestOptions = {},
  ): Promise<void> {
    const message = encodeRequest(service, fields, { suppress: true });
    await this.#inTurn(() => this.#run(service, message, options, true));
  }

  /**
   * Sends the bytes of any request and gives the bytes of its positive response; none where bit 7 of the
   * sub-function suppresses it and P2 has passed in silence. Throws as `request` does.
   */
  async send(message: Uint8Array, options: RequestOptions = {}): Promise<Uint8Array> {
    const sid = message[0];
    if (sid === undefined) throw new UdsFormatError("too-short", "an empty message is no request");
    const service = serviceOf(sid);
    const suppressed = service.subFunction && ((message[1] ?? 0) & SUPPRESS_POSITIVE_RESPONSE) !== 0;
    const answer = await this.#inTurn(() => this.#run(service, message, options, suppressed));
    return answer ?? new Uint8Array();
  }

  /** Stops TesterPresent and fails what is waiting. The transport stays open: it is its opener's. */
  close(): void {
    this.#unsubscribe();
    this.#keeper.stop();
    this.#closed.abort(new UdsAborted("the client was closed"));
  }

  /** 3E 80: on the functional address at any time, on the physical one only between two requests. */
  async #testerPresent(): Promise<void> {
    const message = encodeRequest(TesterPresent, { zero: 0 }, { suppress: true });
    const { transport, functional } = this.#options;
    if (functional !== undefined) await functional.send(message);
    else if (this.#exchange === undefined) await this.#inTurn(() => transport.send(message));
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#queue;
    const turn = Promise.withResolvers<void>();
    this.#queue = turn.promise;
    try {
      await before;
      return await work();
    } finally {
      turn.resolve();
    }
  }

  /** A busy ECU (0x21) has not begun with the request: it is repeated as it is (ISO 14229-1:2020, annex A.1). */
  async #run(
    service: AnyService,
    message: Uint8Array,
    options: RequestOptions,
    suppressed: boolean,
  ): Promise<Uint8Array | undefined> {
    const { transport, functional, clock, onEvent = () => {} } = this.#options;
    const isFunctional = options.functional === true;
    const sender = isFunctional ? functional : transport;
    if (sender === undefined) throw new UdsProtocolError(service, "this client has no functional address");
    const signals = [this.#closed.signal, ...(options.signal === undefined ? [] : [options.signal])];
    const signal = AbortSignal.any(signals);
    const { p2Ms = this.#timing.p2Ms, overallMs = this.#timing.overallMs } = options;
    const timing = { ...this.#timing, p2Ms, overallMs };
    const begunAtMs = clock.now();
    const again = { service, message, suppressed, sender, functional: isFunctional, clock, timing };
    for (;;) {
      try {
        return await this.#runOnce({ ...again, begunAtMs, signal, onEvent });
      } catch (error) {
        const isBusy = error instanceof UdsRefused && error.nrc === Nrc.busyRepeatRequest;
        const untilMs = begunAtMs + Math.min(timing.busyMs, overallMs);
        if (!isBusy || clock.now() + timing.busyDelayMs > untilMs) throw error;
      }
      await clock.sleep(timing.busyDelayMs, signal).catch(() => Promise.reject(abortion(signal)));
    }
  }

  async #runOnce(options: ExchangeOptions): Promise<Uint8Array | undefined> {
    const exchange = new Exchange(options);
    this.#exchange = exchange;
    try {
      const answer = await exchange.run();
      this.#follow(options.service, answer, options.message);
      return answer;
    } finally {
      this.#exchange = undefined;
    }
  }

  /** Session and timing follow what the ECU has confirmed. */
  #follow(service: AnyService, answer: Uint8Array | undefined, message: Uint8Array): void {
    if (service.sid === EcuReset.sid) {
      this.#enter(Session.default);
      this.#timing = this.#baseTiming;
    }
    if (service.sid !== DiagnosticSessionControl.sid) return;
    this.#enter(message[1]! & 0x7f);
    if (answer?.length !== 6) return;
    const { p2Ms = 0, p2StarMs = 0 } = decodeResponse(DiagnosticSessionControl, answer);
    // An ECU that promises to be slower than its profile is believed; one that promises to be faster is not.
    this.#timing = {
      ...this.#timing,
      p2Ms: Math.max(this.#baseTiming.p2Ms, p2Ms),
      p2StarMs: Math.max(this.#baseTiming.p2StarMs, p2StarMs),
    };
  }

  get #baseTiming(): ClientTiming {
    return { ...defaultClientTiming, ...this.#options.timing };
  }

  #enter(session: number): void {
    this.#session = session;
    if (session === Session.default) this.#keeper.stop();
    else this.#keeper.start();
  }
}
