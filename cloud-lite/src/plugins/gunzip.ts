import type { FastifyRequest, RequestPayload } from "fastify";
import { pipeline, Transform } from "node:stream";
import { createGunzip } from "node:zlib";
import { Refusal } from "../refusals.ts";

/**
 * Unpacks a body that comes with `Content-Encoding: gzip`, as a `preParsing` hook. What comes out counts against the
 * route's body limit as it comes, so that a small body cannot become a large one.
 * @throws {Refusal} MEDIA_TYPE_UNSUPPORTED for any other encoding
 */
export async function gunzip(
  request: FastifyRequest,
  _reply: unknown,
  payload: RequestPayload,
): Promise<RequestPayload> {
  const encoding = request.headers["content-encoding"]?.toLowerCase() ?? "identity";
  if (encoding === "identity") return payload;
  if (encoding !== "gzip") {
    throw new Refusal("MEDIA_TYPE_UNSUPPORTED", { mediaType: `Content-Encoding ${encoding}` });
  }
  const unpacked: RequestPayload = createGunzip();
  // Fastify compares what came over the wire with Content-Length.
  unpacked.receivedEncodedLength = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      unpacked.receivedEncodedLength! += chunk.length;
      done(null, chunk);
    },
  });
  // An error of any of them reaches the reader through the last one.
  pipeline(payload, counted, unpacked as ReturnType<typeof createGunzip>, () => undefined);
  return unpacked;
}
