import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Cloud } from "../cloud.ts";
import { Refusal } from "../refusals.ts";
import { etagOf, type Envelope } from "./answers.ts";
import { write, WriteHeaders, type Work, type WriteOptions } from "./writes.ts";

/** Headers of a write that may be conditional. */
export const ConditionalHeaders = Type.Object({
  ...WriteHeaders.properties,
  "if-match": Type.Optional(
    Type.String({
      maxLength: 500,
      description: "ETag that was read before: where something changed since, nothing is done (412)",
      examples: ['W/"47DEQpj8HBSa-_TImW-5JC"'],
    }),
  ),
});

/**
 * As `write`, for a change of something that can be read: where the request has If-Match and it names another state
 * than the present one, nothing is done. The answer carries the ETag of the new state.
 * @param steps `current` reads, in the transaction, what a GET would answer, null where there is nothing yet; `change` gets it and makes the new one
 * @throws {Refusal} PRECONDITION_FAILED
 */
export const writeIfMatch = <Current, Changed>(
  cloud: Cloud,
  request: FastifyRequest,
  reply: FastifyReply,
  steps: {
    current: (work: Work) => Promise<Current>;
    change: (work: Work, current: Current) => Promise<Changed>;
  },
  options: WriteOptions = {},
): Promise<Envelope<Changed>> =>
  write(
    cloud,
    request,
    reply,
    async (work) => {
      const current = await steps.current(work);
      requireMatch(request.headers["if-match"], current);
      const changed = await steps.change(work, current);
      reply.header("etag", etagOf(changed));
      return changed;
    },
    options,
  );

/**
 * RFC 9110, 13.1.1 asks for strong comparison, which a weak tag never passes. What is guarded here is the state of
 * the resource and not the bytes of an answer, so the tags are compared as they are.
 */
function requireMatch(wanted: string | undefined, current: unknown): void {
  if (wanted === undefined || (wanted.trim() === "*" && current !== null)) return;
  const etag = etagOf(current);
  if (wanted.split(",").some((tag) => tag.trim() === etag)) return;
  throw new Refusal("PRECONDITION_FAILED", { etag });
}
