import { expect, test } from "vitest";
import { readS3Place } from "./s3-place.ts";

const KEYS = { AWS_ACCESS_KEY_ID: "me", AWS_SECRET_ACCESS_KEY: "secret" };

test.each([
  [
    "s3://firmware/fleet/one?endpoint=https://minio.example:9000&region=eu-1",
    {},
    { endpoint: "https://minio.example:9000/firmware", region: "eu-1", prefix: "fleet/one/" },
  ],
  [
    "s3://firmware",
    {},
    { endpoint: "https://s3.us-east-1.amazonaws.com/firmware", region: "us-east-1", prefix: "" },
  ],
  [
    "s3://firmware/",
    { AWS_REGION: "eu-2", AWS_ENDPOINT_URL: "http://127.0.0.1:9000/" },
    { endpoint: "http://127.0.0.1:9000/firmware", region: "eu-2", prefix: "" },
  ],
])("U6 %s with %j names a bucket", (text, env, place) => {
  expect(readS3Place(text, { ...KEYS, ...env })).toMatchObject(place);
});

test.each([
  ["s3://firmware", { AWS_SECRET_ACCESS_KEY: "" }, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"],
  ["s3://firmware", { AWS_SESSION_TOKEN: "hour" }, "AWS_SESSION_TOKEN is set"],
  ["s3://firmware?endpont=https://a", {}, "it has a parameter endpont"],
  ["s3://firmware?endpoint=minio:9000", {}, "its endpoint is no http or https URL"],
  ["s3:///prefix", {}, "it names no bucket"],
])("U6 %s with %j is refused with the reason", (text, env, reason) => {
  expect(() => readS3Place(text, { ...KEYS, ...env })).toThrow(
    expect.objectContaining({ code: "ARTIFACTS_PLACE_INVALID", message: expect.stringContaining(reason) }),
  );
});
