import type { Clock, Timer } from "../clock/clock.ts";
import type { MessageTransport } from "../isotp/transport.ts";
import { type AuthenticationOptions, Authenticator } from "./authentication.ts";
import { UdsFormatError, UdsRefused } from "./error.ts";
import { type Handler, handle, type HandlerContext } from "./handler.ts";
import { Nrc, silentWhenFunctional } from "./nrc.ts";
import { PendingReply } from "./pending-reply.ts";
import { Security, type SecurityOptions } from "./security.ts";
import { encodeNegativeResponse, isLegalNrc, SUPPRESS_POSITIVE_RESPONSE } from "./service.ts";
import { Authentication } from "./services/authentication.ts";
import { SecurityAccess } from "./services/security-access.ts";
import { DiagnosticSessionControl, Session } from "./services/session-control.ts";
import { serviceOf } from "./services/table.ts";
import { TesterPresent } from "./services/tester-present.ts";
import { defaultServerTiming, type ServerTiming } from "./timing.ts";

/** A session and the sessions from which it may be entered. */
export interface SessionRule {
  readonly session: number;
  /** Default: any. */
  readonly from?: readonly number[];
}

/** The programming session is entered from the extended one, where the preconditions were checked. */
export const defaultSessionRules: readonly SessionRule[] = [
  { session: Session.default },
  { session: Session.extended },
  { session: Session.programming, from: [Session.extended, Session.programming] },
];

/** What a server reports of itself, for traces and tests. */
export type ServerEvent =
  | { kind: "request"; message: Uint8Array; functional: boolean; atMs: number }
  | { kind: "response"; message: Uint8Array; atMs: number }
  | { kind: "session"; from: number; to: number; reason: "request" | "S3" | "reset" }
  | { kind: "handler-failed"; service: string; error: unknown }
  | { kind: "illegal-nrc"; service: string; nrc: number }
  | { kind: "send-failed"; error: unknown };

export interface UdsServerOptions {
  /** Physical addressing: requests to this ECU, and all answers. */
  readonly transport: MessageTransport;
  /** Requests to all ECUs. */
  readonly functionalTransport?: MessageTransport;
  readonly clock: Clock;
  readonly timing?: Partial<ServerTiming>;
  /** One per service; 10 and 3E are the server's own, 27 where `security` is given, 29 where `authentication` is. */
  readonly handlers: readonly Handler[];
  readonly sessions?: readonly SessionRule[];
  readonly security?: SecurityOptions;
  readonly authentication?: AuthenticationOptions;
  /** Called before a session is entered by request; throws `UdsRefused` to refuse. */
  readonly enteringSession?: (to: number, context: HandlerContext) => void | Promise<void>;
  readonly onEvent?: (event: ServerEvent) => void;
}

/** An ECU's diagnostic server: one request at a time, its sessions, its lock and its timing. */
export class UdsServer {
  readonly #options: UdsServerOptions;
  readonly #timing: ServerTiming;
  readonly #handlers: ReadonlyMap<number, Handler>;
  readonly #security: Security | undefined;
  readonly #authenticator: Authenticator | undefined;
  readonly #unsubscribe: (() => void)[];
  readonly #closed = new AbortController();
  #session: number = Session.default;
  #s3: Timer | undefined;
  #busy = false;
  /** Answers leave one after another, even where the layer below confirms late. */
  #sending: Promise<void> = Promise.resolve();

  constructor(options: UdsServerOptions) {
    const { transport, functionalTransport, clock, security, authentication, handlers } = options;
    this.#options = options;
    this.#timing = { ...defaultServerTiming, ...options.timing };
    this.#security = security === undefined ? undefined : new Security(security, () => clock.now());
    this.#authenticator = authentication === undefined ? undefined : new Authenticator(authentication);
    this.#handlers = new Map([...this.#ownHandlers(), ...handlers].map((h) => [h.service.sid, h]));
    this.#unsubscribe = [
      transport.subscribe({
        message: (message, atMs) => this.#receive(message, atMs, false),
        // S3 stops when a request begins to arrive (ISO 14229-2:2021, 7.4): a long block must not end the session.
        started: () => this.#s3?.cancel(),
        failed: () => this.#restartS3(),
      }),
    ];
    if (functionalTransport !== undefined) {
      const receiver = { message: (m: Uint8Array, atMs: number) => this.#receive(m, atMs, true) };
      this.#unsubscribe.push(functionalTransport.subscribe(receiver));
    }
  }

  get session(): number {
    return this.#session;
  }

  /** The unlocked security level (odd), if any. */
  get unlocked(): number | undefined {
    return this.#security?.unlocked;
  }

  /** The role that service 29 has authenticated, if any. */
  get role(): string | undefined {
    return this.#authenticator?.role;
  }

  /** Back to the default session and locked, as after a reset. */
  reset(): void {
    this.#authenticator?.deAuthenticate();
    this.#enter(Session.default, "reset");
  }

  /** Power off: nothing is answered any more. The transports stay open: they are their opener's. */
  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#s3?.cancel();
    this.#closed.abort();
  }

  #receive(message: Uint8Array, atMs: number, functional: boolean): void {
    if (message.length === 0) return;
    this.#options.onEvent?.({ kind: "request", message, functional, atMs });
    const keepsAlive =
      message[0] === TesterPresent.sid && message[1] === SUPPRESS_POSITIVE_RESPONSE && message.length === 2;
    if (keepsAlive) {
      // It never disturbs a request that is being worked on (ISO 14229-2:2021, 7.4).
      if (!this.#busy) this.#restartS3();
      return;
    }
    if (this.#busy) {
      if (!functional) this.#send(encodeNegativeResponse(message[0]!, Nrc.busyRepeatRequest));
      return;
    }
    this.#busy = true;
    this.#s3?.cancel();
    void this.#answer(message, functional, atMs);
  }

  async #answer(message: Uint8Array, functional: boolean, atMs: number): Promise<void> {
    const service = serviceOf(message[0]!);
    const afterwards: (() => void)[] = [];
    const pending = new PendingReply({
      clock: this.#options.clock,
      timing: this.#timing,
      fromMs: atMs,
      send: () => this.#send(encodeNegativeResponse(service.sid, Nrc.responsePending)),
    });
    let answer: Uint8Array | undefined;
    try {
      answer = await this.#handle(message, {
        session: this.#session,
        unlocked: this.unlocked,
        role: this.role,
        functional,
        clock: this.#options.clock,
        signal: this.#closed.signal,
        afterResponse: (action) => afterwards.push(action),
      });
      const suppress = service.subFunction && (message[1]! & SUPPRESS_POSITIVE_RESPONSE) !== 0;
      // After a 0x78 the final answer must come, suppressed or not (ISO 14229-1:2020, 8.7.5).
      if (suppress && !pending.sent) answer = undefined;
    } catch (error) {
      afterwards.length = 0;
      const nrc = this.#nrcOf(error, message);
      const silent = functional && !pending.sent && silentWhenFunctional.has(nrc);
      answer = silent ? undefined : encodeNegativeResponse(service.sid, nrc);
    } finally {
      pending.stop();
    }
    if (this.#closed.signal.aborted) return;
    this.#busy = false;
    this.#send(answer, () => {
      if (!this.#busy) this.#restartS3();
      for (const action of afterwards) action();
    });
  }

  /** The order of the checks is that of ISO 14229-1:2020, figures 5 and 6. */
  async #handle(message: Uint8Array, context: HandlerContext): Promise<Uint8Array> {
    const service = serviceOf(message[0]!);
    const handler = this.#handlers.get(service.sid);
    if (handler === undefined) throw new UdsRefused(service, Nrc.serviceNotSupported);
    const { sessions, security, roles, subFunctions } = handler.conditions;
    if (sessions?.includes(context.session) === false) {
      throw new UdsRefused(service, Nrc.serviceNotSupportedInActiveSession);
    }
    if (roles !== undefined && (context.role === undefined || !roles.includes(context.role))) {
      throw new UdsRefused(service, Nrc.authenticationRequired);
    }
    if (security !== undefined && context.unlocked !== security) {
      throw new UdsRefused(service, Nrc.securityAccessDenied);
    }
    if (service.subFunction) {
      if (message.length < 2) throw new UdsRefused(service, Nrc.incorrectMessageLengthOrInvalidFormat);
      if (subFunctions?.includes(message[1]! & ~SUPPRESS_POSITIVE_RESPONSE) === false) {
        throw new UdsRefused(service, Nrc.subFunctionNotSupported);
      }
    }
    return await handler.run(message, context);
  }

  #nrcOf(error: unknown, message: Uint8Array): number {
    const service = serviceOf(message[0]!);
    const { onEvent } = this.#options;
    if (error instanceof UdsRefused) {
      if (isLegalNrc(service, error.nrc)) return error.nrc;
      onEvent?.({ kind: "illegal-nrc", service: service.name, nrc: error.nrc });
      return Nrc.generalReject;
    }
    if (error instanceof UdsFormatError) {
      if (error.code === "unknown-choice" && service.subFunction) return Nrc.subFunctionNotSupported;
      return error.code === "too-short" || error.code === "too-long"
        ? Nrc.incorrectMessageLengthOrInvalidFormat
        : Nrc.requestOutOfRange;
    }
    onEvent?.({ kind: "handler-failed", service: service.name, error });
    return Nrc.generalReject;
  }

  /** Sends after what is already on its way; `then` runs when the message has left, or failed to. */
  #send(message: Uint8Array | undefined, then?: () => void): void {
    const { transport, clock, onEvent } = this.#options;
    const closed = this.#closed.signal;
    this.#sending = this.#sending.then(async () => {
      if (closed.aborted) return;
      if (message !== undefined) {
        onEvent?.({ kind: "response", message, atMs: clock.now() });
        try {
          await transport.send(message);
        } catch (error) {
          onEvent?.({ kind: "send-failed", error });
        }
      }
      if (!closed.aborted) then?.();
    });
  }

  #enter(session: number, reason: "request" | "S3" | "reset"): void {
    const from = this.#session;
    this.#session = session;
    this.#security?.lock();
    this.#s3?.cancel();
    this.#options.onEvent?.({ kind: "session", from, to: session, reason });
  }

  #restartS3(): void {
    this.#s3?.cancel();
    const isIdle = this.#session === Session.default && this.role === undefined;
    if (isIdle || this.#closed.signal.aborted) return;
    this.#s3 = this.#options.clock.after(this.#timing.s3Ms, () => {
      this.#authenticator?.deAuthenticate();
      if (this.#session !== Session.default) this.#enter(Session.default, "S3");
    });
  }

  #ownHandlers(): Handler[] {
    const { sessions = defaultSessionRules, enteringSession } = this.#options;
    const sessionControl = handle(
      DiagnosticSessionControl,
      { subFunctions: sessions.map((rule) => rule.session) },
      async ({ session }, context) => {
        const rule = sessions.find((rule) => rule.session === session);
        if (rule?.from?.includes(context.session) === false) {
          throw new UdsRefused(DiagnosticSessionControl, Nrc.subFunctionNotSupportedInActiveSession);
        }
        await enteringSession?.(session, context);
        this.#enter(session, "request");
        return { session, p2Ms: this.#timing.p2Ms, p2StarMs: this.#timing.p2StarMs };
      },
    );
    const testerPresent = handle(TesterPresent, { subFunctions: [0] }, () => ({ zero: 0 }));
    const handlers = [sessionControl, testerPresent];
    const security = this.#security;
    if (security !== undefined) {
      const locked = { sessions: sessions.map((r) => r.session).filter((s) => s !== Session.default) };
      const securityAccess = handle(SecurityAccess, locked, async ({ level, data }) => {
        const outcome = await security.access(level, data);
        if ("nrc" in outcome) throw new UdsRefused(SecurityAccess, outcome.nrc);
        return { level, data: outcome.data };
      });
      handlers.push(securityAccess);
    }
    const authenticator = this.#authenticator;
    if (authenticator !== undefined) {
      handlers.push(handle(Authentication, {}, (request) => authenticator.answer(request)));
    }
    return handlers;
  }
}
