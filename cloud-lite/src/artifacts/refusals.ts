import type { RefusalCode } from "../refusal-code.ts";

/** Where files are kept. */
export const ARTIFACT_REFUSALS = {
  ARTIFACTS_PLACE_INVALID: {
    status: 0,
    sentence: "{place} cannot hold artifacts: {reason}.",
    help: "Write --artifacts s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION, or leave it out.",
  },
  ARTIFACTS_UNREACHABLE: {
    status: 503,
    sentence: "The store of the artifacts at {place} does not do what it is asked: {reason}.",
    help: "Try again shortly; check the bucket, its endpoint and that the keys may read, write and list.",
  },
} as const satisfies Record<string, RefusalCode>;
