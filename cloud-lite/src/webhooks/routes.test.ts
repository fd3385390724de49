import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { afterEach, beforeEach, expect, test } from "vitest";
import { testCloud, type TestCloud } from "../testing.ts";

let made: TestCloud;
beforeEach(async () => {
  made = await testCloud();
});
afterEach(() => made.close());

const register = (url: string, headers: Record<string, string> = {}) =>
  made.call("POST", "/api/v1/webhooks", { body: { url, actions: ["campaign.*"] }, headers });
type New = { webhookId: string; secret: string };

test("A16 the secret is shown once", async () => {
  const headers = { "idempotency-key": "k1" };
  const { webhookId, secret } = (await register("https://ops.example/x", headers)).data() as New;
  expect(secret).toMatch(/^whsec_/);
  expect((await made.call("GET", `/api/v1/webhooks/${webhookId}`)).data()).not.toHaveProperty("secret");
  expect((await register("https://ops.example/x", headers)).problem().code).toBe("SECRET_SHOWN_ONCE");
  const log = await made.call("GET", `/api/v1/audit?subjectId=${webhookId}`);
  expect(JSON.stringify(log.json())).not.toContain(secret);
});

test("A16 a URL with a password in it is refused, and nothing is registered", async () => {
  const reply = await register("https://me:pw@ops.example");
  expect([reply.status, reply.problem().code]).toEqual([400, "WEBHOOK_URL_INVALID"]);
  expect((await made.call("GET", "/api/v1/webhooks")).data()).toEqual([]);
});

test("A16 a webhook for an action that there is none of is refused, and nothing is registered", async () => {
  const body = { url: "https://ops.example/x", actions: ["bogus.thing"] };
  const reply = await made.call("POST", "/api/v1/webhooks", { body });
  expect([reply.status, reply.problem().code]).toEqual([422, "WEBHOOK_ACTION_UNKNOWN"]);
  expect((await made.call("GET", "/api/v1/webhooks")).data()).toEqual([]);
});

test("A16 a webhook that was made twice with one key is not spoken of as a token", async () => {
  const headers = { "idempotency-key": "k1" };
  await register("https://ops.example/x", headers);
  const { help } = (await register("https://ops.example/x", headers)).problem();
  expect(help).toBe(
    "Make another (token, key or webhook), and revoke or delete the one whose secret was lost.",
  );
});

test("A16 a test reaches the receiver, signed, and is among the attempts", async () => {
  const received = Promise.withResolvers<{ headers: IncomingHttpHeaders; body: string }>();
  const receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => void (body += chunk.toString()));
    request.on("end", () => {
      received.resolve({ headers: request.headers, body });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((listening) => receiver.listen(0, "127.0.0.1", listening));
  made.clock.at = Date.now();
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  const { webhookId, secret } = (await register(url)).data() as New;
  const reply = await made.call("POST", `/api/v1/webhooks/${webhookId}/test`);
  expect(reply.data()).toEqual({ result: "delivered", status: 204 });
  const { headers, body } = await received.promise;
  const message = new StandardWebhook(secret).verify(body, headers as Record<string, string>);
  expect(message).toMatchObject({ type: "webhook.test" });
  const attempts = await made.call("GET", `/api/v1/webhooks/${webhookId}/attempts`);
  expect(attempts.data()).toMatchObject([{ seq: 0, status: 204 }]);
  await new Promise((closed) => receiver.close(closed));
});

test("A16 a receiver that is not there is answered in words", async () => {
  const { webhookId } = (await register("http://127.0.0.1:9/hook")).data() as New;
  const reply = await made.call("POST", `/api/v1/webhooks/${webhookId}/test`);
  expect(reply.data()).toMatchObject({ result: "failed", failure: expect.stringContaining("") as string });
});

test("A16 a webhook that was deleted is gone with its attempts", async () => {
  const { webhookId } = (await register("http://127.0.0.1:9/hook")).data() as New;
  expect((await made.call("DELETE", `/api/v1/webhooks/${webhookId}`)).status).toBe(200);
  expect((await made.call("GET", `/api/v1/webhooks/${webhookId}`)).problem().code).toBe("WEBHOOK_UNKNOWN");
});

test("A16 disabling twice changes nothing the second time", async () => {
  const { webhookId } = (await register("https://ops.example/x")).data() as New;
  for (let time = 0; time < 2; time += 1) {
    const reply = await made.call("POST", `/api/v1/webhooks/${webhookId}/disable`);
    expect(reply.data()).toMatchObject({ state: "disabled" });
  }
  const log = await made.call("GET", `/api/v1/audit?subjectId=${webhookId}`);
  expect(log.data()).toHaveLength(2);
});
