import type { FastifyReply, FastifyRequest } from "fastify";
import type { App } from "../cloud.ts";
import { Refusal } from "../refusals.ts";

/** Counts a request against its key, as `app.createRateLimit` makes it. */
export type RateCounter = ReturnType<App["createRateLimit"]>;

/**
 * Counts a request, and refuses it where that is one too many within a minute.
 * @throws {Refusal} RATE_LIMITED, with Retry-After in the answer.
 */
export async function requireWithin(
  max: number,
  count: RateCounter,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const verdict = await count(request);
  if (verdict.isAllowed || !verdict.isExceeded) return;
  throw rateLimited(max, verdict.ttlInSeconds, reply);
}

/** The refusal of one request too many; says in the answer when to come again. */
export function rateLimited(max: number, retryAfterSeconds: number, reply: FastifyReply): Refusal {
  reply.header("retry-after", retryAfterSeconds);
  return new Refusal("RATE_LIMITED", { limit: max, window: "a minute" });
}
