import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { Refusal } from "../refusals.ts";
import type { S3Place } from "./s3-place.ts";
import type { ArtifactStore } from "./store.ts";

/** From the request to the beginning of the answer; a body may take longer. */
const ANSWER_TIMEOUT_MS = 60_000;

/**
 * Objects `<prefix>ab/abcdef…` of an S3-compatible store; large ones are sent in parts, and an object is there only when
 * it is complete. The client is loaded here, so that an embedded cloud does without it.
 * @throws {Refusal} ARTIFACTS_UNREACHABLE where the bucket does not answer or these keys may not use it
 */
export async function artifactsInS3(place: S3Place): Promise<ArtifactStore> {
  const { S3mini } = await import("s3mini");
  const { prefix, ...access } = place;
  const bucket = new S3mini({ ...access, fetch: fetchWithTimeout });
  const keyOf = (sha256: string): string => `${prefix}${sha256.slice(0, 2)}/${sha256}`;
  const unreachable = (reason: string, cause?: unknown): Refusal =>
    new Refusal("ARTIFACTS_UNREACHABLE", { place: place.endpoint, reason }, { cause });
  const reach = <T>(work: Promise<T>): Promise<T> =>
    work.catch((cause: unknown) => {
      throw unreachable(cause instanceof Error ? cause.message : String(cause), cause);
    });
  const lengthOf = (sha256: string): Promise<number | undefined> =>
    reach(bucket.getContentLength(keyOf(sha256)).catch(undefinedIfMissing));

  const check = async (): Promise<void> => {
    if (!(await reach(bucket.bucketExists()))) throw unreachable("there is no such bucket for these keys");
  };
  await check();
  return {
    check,
    async put(bytes) {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      if ((await lengthOf(sha256)) === bytes.length) return sha256;
      await reach(bucket.putAnyObject(keyOf(sha256), bytes));
      return sha256;
    },
    length: lengthOf,
    async read(sha256) {
      const answer = await reach(bucket.getObjectRaw(keyOf(sha256)));
      return new Uint8Array(await reach(answer.arrayBuffer()));
    },
    stream: (sha256, { first, last }) =>
      Readable.from(
        (async function* part() {
          const answer = await reach(bucket.getObjectRaw(keyOf(sha256), false, first, last + 1));
          if (answer.body) yield* answer.body;
        })(),
        { objectMode: false },
      ),
  };
}

/** The client wraps the answer's status in an error of its own. */
function undefinedIfMissing(error: unknown): undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && "status" in cause && cause.status === 404) return undefined;
  throw error;
}

const fetchWithTimeout: typeof fetch = async (input, init) => {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ANSWER_TIMEOUT_MS);
  try {
    return await fetch(input, { ...init, signal: controller.signal });
  } finally {
    clearTimeout(timer);
  }
};
