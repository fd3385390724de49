import { Refusal } from "../refusals.ts";

/** A bucket of an S3-compatible store, where in it, and who asks. */
export interface S3Place {
  /** The bucket's own URL, path style: `https://host/bucket`. */
  readonly endpoint: string;
  readonly region: string;
  /** Before each key; empty, or ends with a slash. */
  readonly prefix: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const DEFAULT_REGION = "us-east-1";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads `s3://bucket/prefix?endpoint=https://…&region=…`; the credentials come from the environment variables that all
 * tools for S3 read.
 * @throws {Refusal} ARTIFACTS_PLACE_INVALID
 */
export function readS3Place(text: string, env: Environment = process.env): S3Place {
  const invalid = (reason: string): Refusal =>
    new Refusal("ARTIFACTS_PLACE_INVALID", { place: text, reason });
  if (!URL.canParse(text)) throw invalid("it is no URL");
  const { hostname: bucket, pathname, searchParams } = new URL(text);
  if (bucket === "") throw invalid("it names no bucket");
  const unknown = [...searchParams.keys()].find((name) => name !== "endpoint" && name !== "region");
  if (unknown !== undefined)
    throw invalid(`it has a parameter ${unknown}, and only endpoint and region are known`);
  const region = searchParams.get("region") ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? DEFAULT_REGION;
  const server = searchParams.get("endpoint") ?? env.AWS_ENDPOINT_URL ?? `https://s3.${region}.amazonaws.com`;
  if (!/^https?:\/\//.test(server) || !URL.canParse(server))
    throw invalid("its endpoint is no http or https URL");
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!accessKeyId || !secretAccessKey) {
    throw invalid("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set in the environment");
  }
  if (env.AWS_SESSION_TOKEN)
    throw invalid("AWS_SESSION_TOKEN is set, and keys that expire cannot serve a cloud");
  const prefix = pathname.replace(/^\/+|\/+$/g, "");
  return {
    endpoint: `${server.replace(/\/+$/, "")}/${bucket}`,
    region,
    prefix: prefix === "" ? "" : `${prefix}/`,
    accessKeyId,
    secretAccessKey,
  };
}
