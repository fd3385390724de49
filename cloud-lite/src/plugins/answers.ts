import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type, type Static, type TSchema } from "typebox";
import { envelope, Problem } from "@halfshaft/ota-format";

/** What tells the time, such as a cloud. */
interface Timekeeper {
  /** Wall time, UTC ms. */
  readonly now: () => number;
}

export interface Envelope<T> {
  data: T;
  metadata: { requestId: string; nextCursor?: string };
  timestamp: number;
}

/** Wraps what a route answers. */
export function answer<T>(
  cloud: Timekeeper,
  request: FastifyRequest,
  data: T,
  nextCursor?: string,
): Envelope<T> {
  return {
    data,
    metadata: { requestId: request.id, ...(nextCursor === undefined ? {} : { nextCursor }) },
    timestamp: cloud.now(),
  };
}

/**
 * The ETag of what an answer carries. Weak (RFC 9110, 8.8.1): it is over `data` alone, for the envelope has another
 * request id and time in every answer.
 */
export const etagOf = (data: unknown): string =>
  `W/"${createHash("sha256").update(JSON.stringify(data)).digest("base64url").slice(0, 22)}"`;

/** As `answer`, with an ETag over the data alone; says 304 where the client has it already. */
export function answerWithETag<T>(
  cloud: Timekeeper,
  request: FastifyRequest,
  reply: FastifyReply,
  data: T,
  etag = etagOf(data),
): Envelope<T> | FastifyReply {
  reply.header("etag", etag).header("cache-control", "private, no-cache");
  const known = request.headers["if-none-match"];
  if (known?.split(",").some((tag) => tag.trim() === etag)) return reply.code(304).send();
  return answer(cloud, request, data);
}

/** Refers to a schema that the app knows by its `$id`: one component in the OpenAPI document. */
export const ref = <T extends TSchema & { $id?: string }>(schema: T) =>
  Type.Unsafe<Static<T>>({ $ref: `${schema.$id}#` });

/** Response schemas of what every route may refuse with. */
export const problems = { "4xx": ref(Problem), "5xx": ref(Problem) };

/** Response schemas of a route: the envelope, or a problem. */
export const answers = <T extends TSchema, S extends 200 | 201 = 200>(data: T, status?: S) =>
  ({ [status ?? 200]: envelope(data), ...problems }) as Record<S, ReturnType<typeof envelope<T>>> &
    typeof problems;

/** Response schemas of a route that answers with an ETag: also "you have it". */
export const answersWithETag = <T extends TSchema>(data: T) => ({
  ...answers(data),
  304: Type.Null({ description: "Not changed since the ETag of If-None-Match" }),
});

const anything = { schema: Type.Unsafe<Uint8Array | Readable>({}) };

/** Response schemas of a route that answers with a file of this media type. */
export const fileAnswers = (mediaType: string, description: string) => ({
  200: { description, content: { [mediaType]: anything } },
  ...problems,
});

/** Body schema of a route that takes a file. */
export const fileBody = (...mediaTypes: readonly string[]) => ({
  content: Object.fromEntries(mediaTypes.map((mediaType) => [mediaType, anything])),
});
