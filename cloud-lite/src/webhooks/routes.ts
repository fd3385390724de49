import { Type } from "typebox";
import { Id } from "@halfshaft/ota-format";
import type { App, Cloud } from "../cloud.ts";
import { cutPage, PageQuery, readPage } from "../db/cursor.ts";
import { sortParameter } from "../db/order.ts";
import { wordsParameter } from "../db/words.ts";
import { changeRange } from "../live/change-log.ts";
import { actorOf } from "../plugins/admission.ts";
import { answer, answers, answerWithETag, ref } from "../plugins/answers.ts";
import { write, WriteHeaders } from "../plugins/writes.ts";
import { deliver, post, type Post } from "./deliver.ts";
import { checkActions, checkUrl, newSecret } from "./rules.ts";
import { NewWebhook, Webhook, WebhookAttempt, WebhookBody } from "./schema.ts";
import {
  deleteWebhook,
  getWebhook,
  getWebhookRow,
  insertWebhook,
  listAttempts,
  listWebhooks,
  noteAttempt,
  setState,
  WEBHOOK_ORDERS,
} from "./store.ts";

const tags = ["webhooks"];
const config = { permission: "cloud.operate" } as const;
const Params = Type.Object({ webhookId: Id });
const Page = Type.Object(PageQuery, { additionalProperties: false });
const ListQuery = Type.Object(
  {
    ...PageQuery,
    sort: sortParameter(WEBHOOK_ORDERS),
    state: Type.Optional(Type.Enum(["active", "disabled"], { description: "In this state" })),
    q: wordsParameter("the URL and the description", "pager"),
  },
  { additionalProperties: false },
);

/** Changes told to other systems. */
export function addWebhookRoutes(app: App, cloud: Cloud, send: Post = post): void {
  app.post(
    "/api/v1/webhooks",
    {
      config,
      schema: {
        tags,
        summary: "Register a URL that is told of changes from now on",
        headers: WriteHeaders,
        body: WebhookBody,
        response: answers(ref(NewWebhook), 201),
      },
    },
    (request, reply) =>
      write(
        cloud,
        request,
        reply,
        async (work) => {
          const { tx, organisationId, at } = work;
          const { body } = request;
          checkUrl(body.url, cloud.config.webhookHttp);
          checkActions(body.actions);
          const secret = newSecret();
          const { newest: delivered } = await changeRange(tx, organisationId);
          const webhook = await insertWebhook(tx, organisationId, at, { body, secret, delivered });
          const { webhookId } = webhook;
          await work.audit({
            action: "webhook.created",
            subjectKind: "webhook",
            subjectId: webhookId,
            payload: webhook,
          });
          return { ...webhook, secret };
        },
        { status: 201, secret: true },
      ),
  );

  app.get(
    "/api/v1/webhooks",
    {
      config,
      schema: {
        tags,
        summary: "List the webhooks, filtered and sorted",
        querystring: ListQuery,
        response: answers(Type.Array(ref(Webhook))),
      },
    },
    async (request) => {
      const page = readPage(request.query);
      const { organisationId } = actorOf(request);
      const { rows, nextCursor } = await listWebhooks(cloud.db, organisationId, page, request.query);
      return answer(cloud, request, rows, nextCursor);
    },
  );

  app.get(
    "/api/v1/webhooks/:webhookId",
    {
      config,
      schema: { tags, summary: "Read a webhook", params: Params, response: answers(ref(Webhook)) },
    },
    async (request, reply) => {
      const { organisationId } = actorOf(request);
      const webhook = await getWebhook(cloud.db, organisationId, request.params.webhookId);
      return answerWithETag(cloud, request, reply, webhook);
    },
  );

  app.get(
    "/api/v1/webhooks/:webhookId/attempts",
    {
      config,
      schema: {
        tags,
        summary: "List the latest attempts, newest first",
        params: Params,
        querystring: Page,
        response: answers(Type.Array(ref(WebhookAttempt))),
      },
    },
    async (request) => {
      const { organisationId } = actorOf(request);
      const page = readPage(request.query);
      const { webhookId } = await getWebhookRow(cloud.db, organisationId, request.params.webhookId);
      const found = await listAttempts(cloud.db, organisationId, webhookId, page);
      const { rows, nextCursor } = cutPage(found, page, (row) => row.attemptId);
      return answer(cloud, request, rows, nextCursor);
    },
  );

  for (const [verb, state, summary] of [
    ["enable", "active", "Go on with what it has not been told yet"],
    ["disable", "disabled", "Tell it nothing until it is enabled"],
  ] as const) {
    app.post(
      `/api/v1/webhooks/:webhookId/${verb}`,
      {
        config,
        schema: { tags, summary, headers: WriteHeaders, params: Params, response: answers(ref(Webhook)) },
      },
      (request, reply) =>
        write(cloud, request, reply, async (work) => {
          const { tx, organisationId, at } = work;
          const row = await getWebhookRow(tx, organisationId, request.params.webhookId);
          const { webhookId } = row;
          if (row.state !== state) {
            await setState(tx, row, state, { at });
            const payload = { before: row.state, after: state };
            await work.audit({
              action: `webhook.${verb}d`,
              subjectKind: "webhook",
              subjectId: webhookId,
              payload,
            });
          }
          return getWebhook(tx, organisationId, webhookId);
        }),
    );
  }

  app.post(
    "/api/v1/webhooks/:webhookId/test",
    {
      config,
      schema: {
        tags,
        summary: "Send it a test at once, and answer how that went",
        params: Params,
        response: answers(
          Type.Object(
            {
              result: Type.Enum(["delivered", "failed", "gone"]),
              status: Type.Optional(Type.Integer()),
              failure: Type.Optional(Type.String()),
            },
            { additionalProperties: false },
          ),
        ),
      },
    },
    async (request) => {
      const { organisationId } = actorOf(request);
      const row = await getWebhookRow(cloud.db, organisationId, request.params.webhookId);
      const at = cloud.now();
      const subject = { kind: "webhook", id: row.webhookId };
      const change = { seq: 0, at, action: "webhook.test", subject, change: null };
      const delivery = await deliver(send, row, { id: `${row.webhookId}.test.${at}`, at, change });
      const { status, failure } = delivery;
      await noteAttempt(cloud.db, row, { seq: 0, at, durationMs: cloud.now() - at, status, failure });
      return answer(cloud, request, delivery);
    },
  );

  app.delete(
    "/api/v1/webhooks/:webhookId",
    {
      config,
      schema: {
        tags,
        summary: "Remove a webhook",
        headers: WriteHeaders,
        params: Params,
        response: answers(ref(Webhook)),
      },
    },
    (request, reply) =>
      write(cloud, request, reply, async (work) => {
        const { tx, organisationId } = work;
        const webhook = await getWebhook(tx, organisationId, request.params.webhookId);
        const { webhookId } = webhook;
        await deleteWebhook(tx, organisationId, webhookId);
        await work.audit({
          action: "webhook.deleted",
          subjectKind: "webhook",
          subjectId: webhookId,
          payload: webhook,
        });
        return webhook;
      }),
  );
}
