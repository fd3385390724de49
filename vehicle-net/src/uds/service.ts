import { decode, encode, type Field } from "./fields.ts";
import { UdsFormatError } from "./error.ts";
import { generalNrcs } from "./nrc.ts";

/** Bit 7 of a sub-function: suppressPosRspMsgIndicationBit (ISO 14229-1:2020, 8.2.2). */
export const SUPPRESS_POSITIVE_RESPONSE = 0x80;
/** What a positive response adds to the service identifier. */
export const POSITIVE_RESPONSE = 0x40;
/** First byte of a negative response. */
export const NEGATIVE_RESPONSE = 0x7f;

/**
 * One service, declared once: what client and server write and read, and what may be refused.
 * @typeParam Request, Response — what reading gives
 * @typeParam RequestInput, ResponseInput — what writing takes (some fields may be left out)
 */
export interface Service<Request, RequestInput, Response, ResponseInput> {
  /** Name in ISO 14229-1. */
  readonly name: string;
  readonly sid: number;
  /** Whether byte 1 is a sub-function, whose bit 7 suppresses the positive response. */
  readonly subFunction: boolean;
  /** How many bytes after the service identifier the positive response repeats from the request. */
  readonly echo: number;
  /** Everything after the service identifier. */
  readonly request: Field<Request, RequestInput>;
  readonly response: Field<Response, ResponseInput>;
  /** Codes that this service may answer beside those that any may. */
  readonly nrcs: readonly number[];
}

/** A service of any shape, as tables hold it. */
export type AnyService = Pick<
  Service<unknown, never, unknown, never>,
  "name" | "sid" | "subFunction" | "echo" | "nrcs"
>;

/** Keeps the types of a declaration. */
export const declareService = <Request, RequestInput, Response, ResponseInput>(
  service: Service<Request, RequestInput, Response, ResponseInput>,
): Service<Request, RequestInput, Response, ResponseInput> => service;

/** Whether the standard lets `service` answer `nrc`. */
export const isLegalNrc = (service: AnyService, nrc: number): boolean =>
  generalNrcs.has(nrc) || service.nrcs.includes(nrc);

/** @throws {UdsFormatError} where a value does not fit, or `suppress` is asked of a service without sub-function. */
export function encodeRequest<RequestInput>(
  service: AnyService & { readonly request: Field<unknown, RequestInput> },
  fields: RequestInput,
  options?: { suppress?: boolean },
): Uint8Array {
  const message = prefixed(service.sid, encode(service.request, fields));
  if (options?.suppress === true) {
    if (!service.subFunction) {
      throw new UdsFormatError(
        "out-of-range",
        `${service.name} has no positive response that can be suppressed`,
      );
    }
    message[1] = message[1]! | SUPPRESS_POSITIVE_RESPONSE;
  }
  return message;
}

/** Reads a request of this service; the suppress bit is not part of the sub-function. */
export function decodeRequest<Request>(
  service: AnyService & { readonly request: Field<Request, never> },
  message: Uint8Array,
): { request: Request; suppress: boolean } {
  if (!service.subFunction || message.length < 2) {
    return { request: decode(service.request, message.subarray(1)), suppress: false };
  }
  const body = message.slice(1);
  body[0] = body[0]! & ~SUPPRESS_POSITIVE_RESPONSE;
  return {
    request: decode(service.request, body),
    suppress: (message[1]! & SUPPRESS_POSITIVE_RESPONSE) !== 0,
  };
}

export const encodeResponse = <ResponseInput>(
  service: AnyService & { readonly response: Field<unknown, ResponseInput> },
  fields: ResponseInput,
): Uint8Array => prefixed(service.sid + POSITIVE_RESPONSE, encode(service.response, fields));

/** Reads a positive response of this service. @throws {UdsFormatError} where it does not fit. */
export const decodeResponse = <Response>(
  service: AnyService & { readonly response: Field<Response, never> },
  message: Uint8Array,
): Response => decode(service.response, message.subarray(1));

/** `7F <sid> <nrc>` (ISO 14229-1:2020, 8.4). */
export const encodeNegativeResponse = (sid: number, nrc: number): Uint8Array =>
  Uint8Array.of(NEGATIVE_RESPONSE, sid, nrc);

function prefixed(first: number, body: Uint8Array): Uint8Array {
  const message = new Uint8Array(body.length + 1);
  message[0] = first;
  message.set(body, 1);
  return message;
}
