import S3rver from "@20minutes/s3rver";
import type { S3Place } from "./s3-place.ts";

export const BUCKET = "firmware";
/** The one user that the server knows. */
export const S3_KEYS = { AWS_ACCESS_KEY_ID: "S3RVER", AWS_SECRET_ACCESS_KEY: "S3RVER" };

export interface TestS3 {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  readonly place: S3Place;
  close(): Promise<void>;
}

/** Another project's S3 server, with an empty bucket, on a free port of the loopback. */
export async function startTestS3(directory: string): Promise<TestS3> {
  const configureBuckets = [{ name: BUCKET, configs: [] }];
  const server = new S3rver({ address: "127.0.0.1", port: 0, silent: true, directory, configureBuckets });
  const { port } = await server.run();
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    endpoint,
    place: {
      endpoint: `${endpoint}/${BUCKET}`,
      region: "us-east-1",
      prefix: "fleet/",
      accessKeyId: S3_KEYS.AWS_ACCESS_KEY_ID,
      secretAccessKey: S3_KEYS.AWS_SECRET_ACCESS_KEY,
    },
    close: () => server.close(),
  };
}
