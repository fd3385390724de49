import { STATUS_CODES } from "node:http";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { Problem } from "@halfshaft/ota-format";
import type { App } from "../cloud.ts";
import { flagOf, type CloudConfig } from "../config.ts";
import { Refusal } from "../refusals.ts";

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
    if (refusal.status >= 500) request.log.error({ err: error }, refusal.message);
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

function sendProblem(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = refusal.status || 500;
  const problem: Problem = {
    type: `urn:halfshaft:problem:${refusal.code.toLowerCase().replaceAll("_", "-")}`,
    title: STATUS_CODES[status] ?? "Error",
    status,
    code: refusal.code,
    detail: refusal.message,
    help: refusal.help,
    requestId: request.id,
  };
  if (status === 401) reply.header("www-authenticate", "Bearer");
  return reply.code(status).header("content-type", "application/problem+json; charset=utf-8").send(problem);
}

/** Fastify's own errors in our words. */
function refusalOf(error: FastifyError, request: FastifyRequest): Refusal {
  if (error instanceof Refusal) return error;
  const cause = error;
  if (error.validation) {
    return new Refusal("REQUEST_INVALID", { reason: validationReason(error) }, { cause });
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

function validationReason(error: FastifyError): string {
  const first = error.validation?.[0];
  const where = `${error.validationContext ?? "request"}${first?.instancePath ?? ""}`;
  const extra = first?.params?.additionalProperty;
  return `${where} ${first?.message ?? "is invalid"}${typeof extra === "string" ? ` ("${extra}")` : ""}`;
}
