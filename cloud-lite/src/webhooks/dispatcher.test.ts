import { afterEach, beforeEach, expect, test } from "vitest";
import type { AuditAction } from "../audit/actions.ts";
import { appendAudit } from "../audit/store.ts";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import { testCloud, type TestCloud } from "../testing.ts";
import type { Post } from "./deliver.ts";
import { createDispatcher, type Dispatcher } from "./dispatcher.ts";
import type { Webhook } from "./schema.ts";

let made: TestCloud;
let dispatcher: Dispatcher;
let told: string[];
let answer: () => number;
const errors: unknown[] = [];

const send: Post = (_url, { headers, body }) => {
  told.push(`${(JSON.parse(body) as { type: string }).type} ${headers["webhook-id"]?.split(".")[1]}`);
  return Promise.resolve({ status: answer() });
};
const types = (): string[] => told.map((line) => line.split(" ")[0]!);

beforeEach(async () => {
  made = await testCloud();
  told = [];
  answer = () => 204;
  dispatcher = newDispatcher();
});
afterEach(async () => {
  await dispatcher.close();
  await made.close();
});

const newDispatcher = (): Dispatcher =>
  createDispatcher({
    db: made.cloud.db,
    now: () => made.clock.at,
    send,
    onError: (error) => void errors.push(error),
  });
const happen = (...actions: string[]): Promise<void> =>
  made.cloud.db.transaction().execute(async (tx) => {
    for (const action of actions) {
      await appendAudit(tx, {
        organisationId: DEFAULT_ORGANISATION,
        at: made.clock.at,
        actor: { kind: "cloud", id: "test" },
        requestId: "-",
        note: {
          action: action as AuditAction,
          subjectKind: action.split(".")[0]!,
          subjectId: "x",
          payload: null,
        },
      });
    }
  });
async function register(...actions: string[]): Promise<string> {
  const reply = await made.call("POST", "/api/v1/webhooks", {
    body: { url: "https://ops.example/x", actions },
  });
  expect(reply.status).toBe(201);
  return (reply.data() as Webhook).webhookId;
}
const read = async (webhookId: string): Promise<Webhook> =>
  (await made.call("GET", `/api/v1/webhooks/${webhookId}`)).data() as Webhook;

test("A16 changes are told in order, and only those that are wanted", async () => {
  await register("campaign.*");
  await happen("campaign.started", "release.published", "campaign.halted");
  await dispatcher.run();
  expect(types()).toEqual(["campaign.started", "campaign.halted"]);
});

test("A16 what happened before a webhook was registered is not told", async () => {
  await happen("campaign.started");
  await register("*");
  await dispatcher.run();
  expect(told).toEqual([]);
});

test("A16 nothing is told twice", async () => {
  await register("campaign.*");
  await happen("campaign.started");
  await dispatcher.run();
  await dispatcher.run();
  expect(types()).toEqual(["campaign.started"]);
});

test("A16 an attempt that failed is repeated with the same id, later changes waiting behind it", async () => {
  const webhookId = await register("campaign.*");
  await happen("campaign.started", "campaign.halted");
  answer = () => 503;
  await dispatcher.run();
  expect(await read(webhookId)).toMatchObject({ failures: 1, nextAt: made.clock.at + 5000 });
  await dispatcher.run();
  expect(told).toHaveLength(1);
  answer = () => 200;
  made.clock.at += 5000;
  await dispatcher.run();
  expect(types()).toEqual(["campaign.started", "campaign.started", "campaign.halted"]);
  expect(told[0]).toBe(told[1]);
});

test("A16 a receiver that stays unreachable is disabled, which the audit log tells", async () => {
  const webhookId = await register("campaign.*");
  await happen("campaign.started");
  answer = () => 500;
  for (let attempt = 0; attempt < 9; attempt += 1) {
    await dispatcher.run();
    made.clock.at += 24 * 3_600_000;
  }
  expect(await read(webhookId)).toMatchObject({ state: "disabled", disabledReason: "answered 500" });
  const log = await made.call("GET", `/api/v1/audit?subjectId=${webhookId}`);
  expect(log.data()).toMatchObject([{ action: "webhook.disabled" }, { action: "webhook.created" }]);
});

test("A16 a receiver that is gone is disabled at once, and goes on where it was when enabled", async () => {
  const webhookId = await register("campaign.*");
  await happen("campaign.started");
  answer = () => 410;
  await dispatcher.run();
  expect(await read(webhookId)).toMatchObject({ state: "disabled" });
  answer = () => 204;
  await made.call("POST", `/api/v1/webhooks/${webhookId}/enable`);
  await dispatcher.run();
  expect(types()).toEqual(["campaign.started", "campaign.started"]);
});

test("A16 two instances tell a change once", async () => {
  const other = newDispatcher();
  await register("campaign.*");
  await happen("campaign.started");
  await Promise.all([dispatcher.run(), other.run()]);
  await other.close();
  expect(types()).toEqual(["campaign.started"]);
});

test("A16 what an instance had claimed when it died is told by another", async () => {
  await register("campaign.*");
  await happen("campaign.started");
  await made.cloud.db
    .updateTable("webhooks")
    .set({ claimedUntil: made.clock.at + 60_000 })
    .execute();
  await dispatcher.run();
  expect(told).toEqual([]);
  made.clock.at += 60_000;
  await dispatcher.run();
  expect(types()).toEqual(["campaign.started"]);
});

test("A16 who holds which key is told to nobody", async () => {
  await register("*");
  await happen("credential.issued", "campaign.started");
  await dispatcher.run();
  expect(types()).toEqual(["campaign.started"]);
});

test("A16 more changes than are looked through at once all get told", async () => {
  await register("campaign.*");
  await happen(...Array.from({ length: 130 }, () => "campaign.noted"));
  await dispatcher.run();
  await dispatcher.run();
  expect(told).toHaveLength(130);
});
