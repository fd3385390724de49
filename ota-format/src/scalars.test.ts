import { Compile } from "typebox/schema";
import { expect, test } from "vitest";
import { HeartbeatEvent } from "./event.ts";
import { Offer } from "./offer.ts";
import { ConsentPolicy } from "./policy.ts";
import { Release } from "./release.ts";
import { VersionManifest } from "./version-manifest.ts";

const LAST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

test.each([
  ["a deadline", ConsentPolicy.properties.deadline],
  ["the end of an offer", Offer.properties.expiresAt],
  ["the time of an event", HeartbeatEvent.properties.at],
  ["the time of a version manifest", VersionManifest.properties.at],
  ["when a release was published", Release.properties.publishedAt],
])("A1 %s lies before the year 10000", (_name, schema) => {
  const validator = Compile(schema);
  expect([0, LAST, LAST + 1, 8.64e15, 1e18].map((time) => validator.Check(time))).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
