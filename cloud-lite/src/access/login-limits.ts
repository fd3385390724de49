import type { FastifyReply, FastifyRequest } from "fastify";
import type { App } from "../cloud.ts";
import { requireWithin } from "../plugins/rates.ts";

/** Attempts in a minute. A name has a limit of its own against guesses from many addresses. */
const LIMITS = [
  { what: "address", max: 20 },
  { what: "name at address", max: 5 },
  { what: "name", max: 30 },
] as const;
const WINDOW_MS = 60_000;

/** Counts every attempt at a password, right or wrong. @throws {Refusal} RATE_LIMITED */
export function limitLogins(app: App): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const limiters = LIMITS.map(({ what, max }) => ({
    max,
    count: app.createRateLimit({
      max,
      timeWindow: WINDOW_MS,
      keyGenerator: (request) => keyOf(what, request),
    }),
  }));
  return async (request, reply) => {
    for (const { max, count } of limiters) await requireWithin(max, count, request, reply);
  };
}

function keyOf(what: (typeof LIMITS)[number]["what"], request: FastifyRequest): string {
  const { name } = request.body as { name?: string };
  const who = name ?? request.actor?.credentialId ?? "";
  if (what === "address") return `login:${request.ip}`;
  return what === "name" ? `login:${who}` : `login:${request.ip} ${who}`;
}
