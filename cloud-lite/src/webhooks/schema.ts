import { Type, type Static } from "typebox";
import { Id, WallTime } from "@halfshaft/ota-format";

const closed = { additionalProperties: false } as const;

export const WebhookBody = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      maxLength: 2000,
      description: "https, or http where the cloud is set so; without a password in it",
      examples: ["https://ops.example/halfshaft"],
    }),
    description: Type.Optional(Type.String({ maxLength: 200, examples: ["Pager of the fleet team"] })),
    actions: Type.Array(
      Type.String({
        maxLength: 64,
        pattern: "^(\\*|[A-Za-z-]+\\.(\\*|[A-Za-z]+))$",
        description:
          "What happens to vehicles, jobs, groups, campaigns, releases or hardware: an action of the audit log, all that begin so, or all",
      }),
      { minItems: 1, maxItems: 50, examples: [["campaign.*", "job.failed"]] },
    ),
  },
  closed,
);
export type WebhookBody = Static<typeof WebhookBody>;

export const Webhook = Type.Object(
  {
    webhookId: Id,
    url: Type.String(),
    description: Type.String(),
    actions: Type.Array(Type.String()),
    state: Type.Enum(["active", "disabled"]),
    disabledReason: Type.Optional(Type.String()),
    delivered: Type.Integer({ minimum: 0, description: "`seq` of the last change that it has" }),
    failures: Type.Integer({ minimum: 0, description: "Attempts that failed since the last good one" }),
    nextAt: Type.Optional(WallTime),
    createdAt: WallTime,
  },
  { ...closed, $id: "Webhook" },
);
export type Webhook = Static<typeof Webhook>;

export const NewWebhook = Type.Object(
  {
    ...Webhook.properties,
    secret: Type.String({
      description: "Verifies signatures (Standard Webhooks); shown here and never again",
    }),
  },
  { ...closed, $id: "NewWebhook" },
);

export const WebhookAttempt = Type.Object(
  {
    attemptId: Id,
    seq: Type.Integer({ minimum: 0, description: "Of the change; 0 for a test" }),
    at: WallTime,
    durationMs: Type.Integer({ minimum: 0 }),
    status: Type.Optional(Type.Integer({ description: "HTTP status; absent where there was no answer" })),
    failure: Type.Optional(Type.String()),
  },
  { ...closed, $id: "WebhookAttempt" },
);
export type WebhookAttempt = Static<typeof WebhookAttempt>;
