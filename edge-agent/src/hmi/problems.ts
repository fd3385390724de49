import type { Problem } from "@halfshaft/ota-format";

/** Refusals of the HMI's API: status, sentence and what to do. */
export const PROBLEMS = {
  BODY_INVALID: {
    status: 400,
    title: "The request is not understood",
    help: "Send JSON with the fields that the route names.",
  },
  BODY_TOO_LARGE: { status: 413, title: "The request is too long", help: "Send at most 4 kB." },
  BODY_NOT_JSON: {
    status: 415,
    title: "The request is not JSON",
    help: "Send the body with content type application/json.",
  },
  ORIGIN_FOREIGN: {
    status: 403,
    title: "The request comes from another site",
    help: "Open the HMI under its own address and use its buttons.",
  },
  DECISION_CLOSED: {
    status: 409,
    title: "No decision is open",
    help: "Read the state again: it says what is possible now.",
  },
  RESULT_CLOSED: {
    status: 409,
    title: "No result is open",
    help: "Read the state again: the result has been seen, or the job still runs.",
  },
  ROUTE_UNKNOWN: {
    status: 404,
    title: "There is nothing here",
    help: "The page is at /, the state at /api/hmi/state.",
  },
  PAGE_NOT_BUILT: {
    status: 503,
    title: "The page of the HMI is not built",
    help: "Run `npm run pages` in the project's folder and load this again.",
  },
  HMI_INTERNAL: {
    status: 500,
    title: "The gateway could not answer",
    help: "The agent's log says more, under the request id of this answer.",
  },
} as const satisfies Record<string, { status: number; title: string; help: string }>;

export type HmiProblemCode = keyof typeof PROBLEMS;

/** A refusal on its way to the caller; `detail` is the sentence with its operands. */
export class HmiProblem extends Error {
  readonly code: HmiProblemCode;

  constructor(code: HmiProblemCode, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.name = "HmiProblem";
    this.code = code;
  }
}

/** Problem details of a refusal (RFC 9457). */
export function problemDetails({ code, message }: HmiProblem, requestId: string): Problem {
  const { status, title, help } = PROBLEMS[code];
  return {
    type: `urn:halfshaft:problem:${code.toLowerCase().replaceAll("_", "-")}`,
    title,
    status,
    code,
    detail: message,
    help,
    requestId,
  };
}

/** What Fastify throws before a route runs, by its meaning; anything else is ours and says nothing of its inside. */
export function asProblem(error: unknown): HmiProblem {
  if (error instanceof HmiProblem) return error;
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode === 413)
    return new HmiProblem("BODY_TOO_LARGE", "The body is longer than 4 kB.", { cause: error });
  if (statusCode === 415) return new HmiProblem("BODY_NOT_JSON", "The body is not JSON.", { cause: error });
  if (statusCode === 400)
    return new HmiProblem("BODY_INVALID", `${message ?? "The body is wrong"}.`, { cause: error });
  return new HmiProblem("HMI_INTERNAL", "Something went wrong in the gateway.", { cause: error });
}
