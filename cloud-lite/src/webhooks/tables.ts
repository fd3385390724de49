import type { JsonText, Millis, Owned } from "../db/columns.ts";

export interface WebhooksTable extends Owned {
  webhookId: string;
  url: string;
  description: string;
  /** Patterns of actions. */
  actions: JsonText;
  /** Needed as it is, for it signs; shown once. */
  secret: string;
  state: "active" | "disabled";
  /** Why the cloud gave it up; null where a person did. */
  disabledReason: string | null;
  /** `seq` of the last change that was delivered or passed over. */
  delivered: number;
  /** Attempts that failed since the last one that did not. */
  failures: number;
  /** Not to be tried before. */
  nextAt: Millis;
  /** Until when one instance has it to itself. */
  claimedUntil: Millis;
  createdAt: Millis;
}

interface WebhookAttemptsTable extends Owned {
  attemptId: string;
  webhookId: string;
  seq: number;
  at: Millis;
  durationMs: number;
  /** HTTP status; null where there was no answer. */
  status: number | null;
  failure: string | null;
}

export interface WebhooksTables {
  webhooks: WebhooksTable;
  webhookAttempts: WebhookAttemptsTable;
}
