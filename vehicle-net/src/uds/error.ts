import { describeNrc, nrcName, type NrcName } from "./nrc.ts";

/** The least that an error needs to know of a service. */
export interface ServiceName {
  readonly name: string;
  readonly sid: number;
}

/** `RequestDownload (34)`. */
export const describeService = (service: ServiceName): string =>
  `${service.name} (${service.sid.toString(16).toUpperCase().padStart(2, "0")})`;

const SHOWN_BYTES = 8;

/** The start of a message for a sentence: `62 F1 95 31 …`. */
function hex(message: Uint8Array): string {
  const bytes = Array.from(message.subarray(0, SHOWN_BYTES), (byte) => byte.toString(16).padStart(2, "0"));
  return `${bytes.join(" ").toUpperCase()}${message.length > SHOWN_BYTES ? " …" : ""}`;
}

/** The ECU answered negatively; a server's handler throws it to answer so. */
export class UdsRefused extends Error {
  override readonly name = "UdsRefused";
  readonly service: ServiceName;
  /** Negative response code. */
  readonly nrc: number;

  constructor(service: ServiceName, nrc: number, options?: { cause?: unknown }) {
    super(`${describeService(service)} was refused: ${describeNrc(nrc)}`, options);
    this.service = service;
    this.nrc = nrc;
  }

  /** The standard's name of the code: `requestOutOfRange`. */
  get nrcName(): NrcName | undefined {
    return nrcName(this.nrc);
  }
}

/** Which of the client's times ran out (ISO 14229-2: P2client, P2*client; `overall` caps repeated 0x78). */
export type UdsTimer = "P2" | "P2*" | "overall";

/** The ECU did not answer in time. */
export class UdsTimeout extends Error {
  override readonly name = "UdsTimeout";
  readonly service: ServiceName;
  readonly timer: UdsTimer;
  readonly timeoutMs: number;
  /** The last message that came meanwhile and is no answer to this request. */
  readonly stray: Uint8Array | undefined;

  constructor(service: ServiceName, timer: UdsTimer, timeoutMs: number, stray?: Uint8Array) {
    const other = stray === undefined ? "" : `; ${hex(stray)} came, which does not answer it`;
    super(`${describeService(service)} was not answered within ${timeoutMs} ms (${timer})${other}`);
    this.stray = stray;
    this.service = service;
    this.timer = timer;
    this.timeoutMs = timeoutMs;
  }
}

/** The layer below could not carry the request or the answer; `cause` says why (an `IsoTpError`). */
export class UdsTransportError extends Error {
  override readonly name = "UdsTransportError";
  readonly service: ServiceName;
  readonly direction: "request" | "response";

  constructor(service: ServiceName, direction: "request" | "response", cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`the ${direction} of ${describeService(service)} was lost on the way: ${reason}`, { cause });
    this.service = service;
    this.direction = direction;
  }
}

/** The ECU answered, but not with what the service's declaration says. */
export class UdsProtocolError extends Error {
  override readonly name = "UdsProtocolError";
  readonly service: ServiceName;

  constructor(service: ServiceName, message: string, options?: { cause?: unknown }) {
    super(`${describeService(service)}: ${message}`, options);
    this.service = service;
  }
}

/** The client was closed, or told to abort, before the answer came; `cause` is the signal's reason. */
export class UdsAborted extends Error {
  override readonly name = "UdsAborted";
}

/** `unknown-choice`: the first byte (a sub-function, mostly) stands for no declared form of the message. */
export type UdsFormatErrorCode = "too-short" | "too-long" | "out-of-range" | "unknown-choice";

/** Bytes that do not fit a declaration, or values that do not fit its fields. */
export class UdsFormatError extends Error {
  override readonly name = "UdsFormatError";
  readonly code: UdsFormatErrorCode;

  constructor(code: UdsFormatErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/**
 * True where the request may have been lost on the bus, so that repeating it makes sense: nothing was answered,
 * or the layer below failed. A block of TransferData is repeated with its same counter.
 */
export const wasLost = (error: unknown): error is UdsTimeout | UdsTransportError =>
  error instanceof UdsTimeout || error instanceof UdsTransportError;
