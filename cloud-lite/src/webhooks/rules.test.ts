import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { checkActions, checkUrl, newSecret, retryPauseMs, signedHeaders, verdict, wants } from "./rules.ts";

test.each([
  [["campaign.*"], "campaign.paused", true],
  [["campaign.*"], "campaigns.paused", false],
  [["job.failed"], "job.failed", true],
  [["job.failed"], "job.failedTwice", false],
  [["*"], "release.published", true],
  [["job.failed", "campaign.*"], "campaign.completed", true],
  [[], "job.failed", false],
])("A16 %j wants %s: %s", (patterns, action, wanted) => {
  expect(wants(patterns, action)).toBe(wanted);
});

test.each([
  [200, "delivered"],
  [204, "delivered"],
  [301, "failed"],
  [404, "failed"],
  [410, "gone"],
  [500, "failed"],
  [undefined, "failed"],
])("A16 an answer of %s means %s", (status, meaning) => {
  expect(verdict(status)).toBe(meaning);
});

test("A16 pauses between attempts grow until the webhook is given up", () => {
  const pauses = Array.from({ length: 8 }, (_, index) => retryPauseMs(index + 1)!);
  expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
  expect(retryPauseMs(9)).toBeUndefined();
});

test("A16 signatures are those of Standard Webhooks, by its own library", () => {
  fc.assert(
    fc.property(fc.string(), fc.uuid(), (text, id) => {
      const secret = newSecret();
      const body = JSON.stringify({ text });
      const headers = signedHeaders(secret, id, Date.now(), body);
      expect(new Webhook(secret).verify(body, { ...headers })).toEqual({ text });
    }),
    { numRuns: 20 },
  );
});

test("A16 a body that was changed on the way fails its signature", () => {
  const secret = newSecret();
  const headers = signedHeaders(secret, "m1", Date.now(), "{}");
  expect(() => new Webhook(secret).verify('{"a":1}', { ...headers })).toThrow();
});

test.each(["https://ops.example/x", "http://127.0.0.1:9000/", "http://localhost/", "http://[::1]:9000/"])(
  "A16 %s can be told",
  (url) => {
    expect(() => checkUrl(url, "off")).not.toThrow();
  },
);

test("A16 plain http to another machine is refused unless a setting allows it", () => {
  const url = "http://10.0.0.7/hook";
  expect(() => checkUrl(url, "off")).toThrow(
    expect.objectContaining({
      code: "WEBHOOK_URL_OPEN",
      help: expect.stringContaining("--webhook-http on"),
    }),
  );
  expect(() => checkUrl(url, "on")).not.toThrow();
});

test.each(["*", "campaign.*", "job.failed", "vehicle.held", "device-token.*", "desiredState.changed"])(
  "A16 %s can be asked for",
  (action) => {
    expect(() => checkActions([action])).not.toThrow();
  },
);

test.each([
  ["job.faild", "job.failed"],
  ["campaigns.*", "campaign.*"],
  ["bogus.thing", "job.*"],
  ["user.created", "release.created"],
])("A16 %s would never be told of, and is refused with the closest actions", (action, nearest) => {
  expect(() => checkActions(["*", action])).toThrow(
    expect.objectContaining({ code: "WEBHOOK_ACTION_UNKNOWN", message: expect.stringContaining(nearest) }),
  );
});

test.each(["ftp://ops.example", "ops.example", "https://user:pass@ops.example", "file:///etc/passwd", ""])(
  'A16 "%s" is refused',
  (url) => {
    expect(() => checkUrl(url, "on")).toThrow(expect.objectContaining({ code: "WEBHOOK_URL_INVALID" }));
  },
);
