import type { Clock } from "../clock/clock.ts";
import { UdsProtocolError } from "./error.ts";
import type { Field } from "./fields.ts";
import { type AnyService, decodeRequest, encodeResponse, type Service } from "./service.ts";

/** What a handler knows beside the request. */
export interface HandlerContext {
  /** The active diagnostic session. */
  readonly session: number;
  /** The unlocked security level (odd), if any. */
  readonly unlocked: number | undefined;
  /** The role that service 29 has authenticated, if any. */
  readonly role: string | undefined;
  /** Whether the request came on the functional address. */
  readonly functional: boolean;
  readonly clock: Clock;
  /** Aborts when the server is closed (power off). */
  readonly signal: AbortSignal;
  /** Runs once the answer has left: a reset belongs here. Not run where the request is refused. */
  afterResponse(action: () => void): void;
}

/** When a handler may be called; the server refuses by itself otherwise. */
export interface HandlerConditions {
  /** Sessions in which the service exists. Default: all. */
  readonly sessions?: readonly number[];
  /** Security level (odd) that must be unlocked. Default: none. */
  readonly security?: number;
  /** Roles (service 29) of which one must be authenticated. Default: none. */
  readonly roles?: readonly string[];
  /** Sub-functions that exist. Default: all; the handler refuses. */
  readonly subFunctions?: readonly number[];
}

/** A handler with its types put away, as the server's table holds it. */
export interface Handler {
  readonly service: AnyService;
  readonly conditions: HandlerConditions;
  /** Reads the request, calls the handler, writes the response. */
  run(message: Uint8Array, context: HandlerContext): Promise<Uint8Array>;
}

/**
 * Binds a function to a service.
 * @param answer takes the request's fields, gives the response's; throws `UdsRefused` to refuse
 */
export function handle<Request, RequestInput, Response, ResponseInput>(
  service: Service<Request, RequestInput, Response, ResponseInput>,
  conditions: HandlerConditions,
  answer: (request: Request, context: HandlerContext) => ResponseInput | Promise<ResponseInput>,
): Handler {
  return {
    service,
    conditions,
    async run(message, context) {
      const { request } = decodeRequest(service, message);
      return writeAnswer(service, await answer(request, context));
    },
  };
}

/** A request that does not fit is the client's fault and gets its NRC; an answer that does not fit is ours. */
function writeAnswer<ResponseInput>(
  service: AnyService & { readonly response: Field<unknown, ResponseInput> },
  fields: ResponseInput,
): Uint8Array {
  try {
    return encodeResponse(service, fields);
  } catch (cause) {
    throw new UdsProtocolError(service, "the handler's answer does not fit the declaration", { cause });
  }
}
