import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { v7 as uuidv7 } from "uuid";
import type { Problem } from "@halfshaft/ota-format";
import type { App } from "../cloud.ts";
import { flagOf, type CloudConfig } from "../config.ts";
import { asksForWebSocket, endAfterAnswer } from "../live/upgrades.ts";
import { Refusal, type RefusalName } from "../refusals.ts";
import { validationSentence, type ValidationFault } from "./validation-sentence.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The setting that this route's body limit comes from. */
    bodyLimitOption?: keyof CloudConfig;
  }
}

/** Answers every refusal and error as problem details (RFC 9457); what is unforeseen is logged, not shown. */
export function addProblems(app: App): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const refusal = refusalOf(error, request);
    if (refusal.status >= 500) request.log.error({ err: error, requestId: request.id }, refusal.message);
    return sendProblem(refusal, request, reply);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      new Refusal("ROUTE_UNKNOWN", { method: request.method, path: request.url.split("?")[0]! }),
      request,
      reply,
    ),
  );
}

/** For Fastify: what is wrong with a path, before there is a route. */
export function frameworkErrors(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  // No hook is called here.
  if (asksForWebSocket(request.raw)) endAfterAnswer(reply);
  void sendProblem(refusalOf(error, request), request, reply);
}

/** What Node's HTTP parser refuses, by its codes; there is no request yet, and no reply. */
const PARSER_REFUSALS: Readonly<Record<string, RefusalName>> = {
  HPE_HEADER_OVERFLOW: "HEADERS_TOO_LARGE",
  ERR_HTTP_REQUEST_TIMEOUT: "REQUEST_TIMEOUT",
};

/** For Fastify: answers what is no HTTP, or takes too long, and ends the connection. */
export function clientErrorHandler(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return;
  const refusal = new Refusal(PARSER_REFUSALS[error.code ?? ""] ?? "HTTP_MALFORMED");
  const body = JSON.stringify(problemOf(refusal, uuidv7()));
  const lines = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
}

const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

function sendProblem(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(refusal, request.id);
  const { status } = problem;
  if (status === 401) reply.header("www-authenticate", "Bearer");
  return reply.code(status).header("content-type", PROBLEM_TYPE).send(problem);
}

function problemOf(refusal: Refusal, requestId: string): Problem {
  const status = refusal.status || 500;
  return {
    type: `urn:halfshaft:problem:${refusal.code.toLowerCase().replaceAll("_", "-")}`,
    title: STATUS_CODES[status] ?? "Error",
    status,
    code: refusal.code,
    detail: refusal.message,
    help: refusal.help,
    requestId,
  };
}

/** Fastify's own errors in our words. */
function refusalOf(error: FastifyError, request: FastifyRequest): Refusal {
  if (error instanceof Refusal) return error;
  const cause = error;
  if (error.validation) {
    const faults = error.validation as readonly ValidationFault[];
    const reason = validationSentence(error.validationContext ?? "request", faults);
    return new Refusal("REQUEST_INVALID", { reason }, { cause });
  }
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return tooLarge(request, cause);
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new Refusal(
        "MEDIA_TYPE_UNSUPPORTED",
        { mediaType: request.headers["content-type"] ?? "a body without Content-Type" },
        { cause },
      );
    case "FST_ERR_CTP_EMPTY_JSON_BODY":
      return new Refusal("BODY_NOT_JSON", { reason: "it is empty" }, { cause });
    case "FST_ERR_CTP_INVALID_JSON_BODY":
      return new Refusal("BODY_NOT_JSON", { reason: error.message }, { cause });
    case "FST_ERR_MAX_PARAM_LENGTH":
      return new Refusal("PATH_TOO_LONG", {}, { cause });
    case "FST_ERR_BAD_URL":
      return new Refusal("PATH_MALFORMED", { path: shortened(request.url) }, { cause });
    default:
  }
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new Refusal("REQUEST_INVALID", { reason: error.message }, { cause });
  }
  return new Refusal("INTERNAL", {}, { cause });
}

function tooLarge({ routeOptions }: FastifyRequest, cause: unknown): Refusal {
  const { bodyLimit: limit, config } = routeOptions;
  if (config.bodyLimitOption === undefined) return new Refusal("BODY_TOO_LARGE", { limit }, { cause });
  const option = `--${flagOf(config.bodyLimitOption)}`;
  return new Refusal("FILE_TOO_LARGE", { limit, option }, { cause });
}

const SHOWN = 80;

const shortened = (url: string): string => (url.length > SHOWN ? `${url.slice(0, SHOWN)}…` : url);
