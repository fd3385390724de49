import type { FastifyReply, FastifyRequest } from "fastify";
import type { Cloud } from "../cloud.ts";
import { Refusal } from "../refusals.ts";
import { readRange } from "./range.ts";

const YEAR_S = 365 * 24 * 60 * 60;

/**
 * Answers with a file: whole, a part (206), or "you have it" (304). It is named by its digest and never changes, so
 * its digest is its ETag and a cache in front may keep it. Writes nothing to the database.
 * @throws {Refusal} ARTIFACT_MISSING or RANGE_NOT_SATISFIABLE
 */
export async function sendArtifact(
  cloud: Cloud,
  request: FastifyRequest,
  reply: FastifyReply,
  file: { readonly sha256: string; readonly name: string },
): Promise<FastifyReply> {
  const length = await cloud.artifacts.length(file.sha256);
  if (length === undefined) throw new Refusal("ARTIFACT_MISSING", { target: file.name });
  const etag = `"${file.sha256}"`;
  const { range, "if-range": ifRange, "if-none-match": known } = request.headers;
  reply.headers({
    etag,
    "accept-ranges": "bytes",
    "cache-control": `private, max-age=${YEAR_S}, immutable`,
  });
  if (known?.split(",").some((tag) => tag.trim() === etag)) return reply.code(304).send();
  const wanted = readRange(range, length, etag, typeof ifRange === "string" ? ifRange : undefined);
  if (wanted.kind === "unsatisfiable") {
    reply.headers({ "content-range": `bytes */${length}`, "cache-control": "no-store" });
    throw new Refusal("RANGE_NOT_SATISFIABLE", { range: range ?? "", length });
  }
  reply.type("application/octet-stream");
  if (length === 0) return reply.send(Buffer.alloc(0));
  const { first, last } = wanted.kind === "part" ? wanted.range : { first: 0, last: length - 1 };
  reply.header("content-length", last - first + 1);
  if (wanted.kind === "part") {
    reply.code(206).header("content-range", `bytes ${first}-${last}/${length}`);
  }
  return reply.send(cloud.artifacts.stream(file.sha256, { first, last }));
}
