import type { Selectable } from "kysely";
import { v7 as uuidv7 } from "uuid";
import type { AskedPage, Listed, Page } from "../db/cursor.ts";
import type { Database } from "../db/database.ts";
import { listPage, type Orders } from "../db/order.ts";
import { hasWords } from "../db/words.ts";
import { Refusal } from "../refusals.ts";
import type { Webhook, WebhookAttempt, WebhookBody } from "./schema.ts";
import type { WebhooksTable } from "./tables.ts";

export type WebhookRow = Selectable<WebhooksTable>;

/** Attempts that are kept of each webhook. */
const KEPT_ATTEMPTS = 100;

export async function insertWebhook(
  tx: Database,
  organisationId: string,
  at: number,
  { body, secret, delivered }: { body: WebhookBody; secret: string; delivered: number },
): Promise<Webhook> {
  const webhookId = uuidv7();
  await tx
    .insertInto("webhooks")
    .values({
      organisationId,
      webhookId,
      url: body.url,
      description: body.description ?? "",
      actions: JSON.stringify(body.actions),
      secret,
      state: "active",
      disabledReason: null,
      delivered,
      failures: 0,
      nextAt: at,
      claimedUntil: 0,
      createdAt: at,
    })
    .execute();
  return getWebhook(tx, organisationId, webhookId);
}

/** @throws {Refusal} WEBHOOK_UNKNOWN */
export async function getWebhookRow(
  db: Database,
  organisationId: string,
  webhookId: string,
): Promise<WebhookRow> {
  const row = await db
    .selectFrom("webhooks")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("webhookId", "=", webhookId)
    .executeTakeFirst();
  if (!row) throw new Refusal("WEBHOOK_UNKNOWN", { webhookId });
  return row;
}

export const getWebhook = async (db: Database, organisationId: string, webhookId: string): Promise<Webhook> =>
  view(await getWebhookRow(db, organisationId, webhookId));

export const WEBHOOK_ORDERS = {
  id: "webhookId",
  by: { createdAt: "id" },
  first: "-createdAt",
} as const satisfies Orders;

/** @param filter `q`: words of the URL and the description */
export async function listWebhooks(
  db: Database,
  organisationId: string,
  page: AskedPage,
  { state, q: words }: { readonly state?: WebhookRow["state"]; readonly q?: string },
): Promise<Listed<Webhook>> {
  const matching = db
    .selectFrom("webhooks")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .$if(state !== undefined, (q) => q.where("state", "=", state!))
    .$if(words !== undefined, (q) => q.where(hasWords(["url", "description"], words!)));
  const { rows, nextCursor } = await listPage(matching, page, WEBHOOK_ORDERS);
  return { rows: rows.map(view), nextCursor };
}

export async function setState(
  tx: Database,
  { organisationId, webhookId }: Pick<WebhookRow, "organisationId" | "webhookId">,
  state: WebhookRow["state"],
  { at, reason = null }: { at: number; reason?: string | null },
): Promise<void> {
  await tx
    .updateTable("webhooks")
    .set({ state, disabledReason: reason, failures: 0, nextAt: at })
    .where("organisationId", "=", organisationId)
    .where("webhookId", "=", webhookId)
    .execute();
}

export async function deleteWebhook(tx: Database, organisationId: string, webhookId: string): Promise<void> {
  for (const table of ["webhookAttempts", "webhooks"] as const) {
    await tx
      .deleteFrom(table)
      .where("organisationId", "=", organisationId)
      .where("webhookId", "=", webhookId)
      .execute();
  }
}

/** Takes webhooks that are due for this instance alone, until `at + leaseMs`. */
export async function claimDue(
  db: Database,
  at: number,
  { leaseMs, limit }: { leaseMs: number; limit: number },
): Promise<WebhookRow[]> {
  const due = await db
    .selectFrom("webhooks")
    .select(["organisationId", "webhookId"])
    .where("state", "=", "active")
    .where("nextAt", "<=", at)
    .where("claimedUntil", "<=", at)
    .orderBy("nextAt")
    .limit(limit)
    .execute();
  const claimed: WebhookRow[] = [];
  for (const { organisationId, webhookId } of due) {
    const row = await db
      .updateTable("webhooks")
      .set({ claimedUntil: at + leaseMs })
      .where("organisationId", "=", organisationId)
      .where("webhookId", "=", webhookId)
      .where("state", "=", "active")
      .where("claimedUntil", "<=", at)
      .returningAll()
      .executeTakeFirst();
    if (row) claimed.push(row);
  }
  return claimed;
}

/** Notes how far a webhook has got, and lets go of it. */
export async function releaseClaim(
  db: Database,
  { organisationId, webhookId }: WebhookRow,
  { delivered, failures, nextAt }: { delivered: number; failures: number; nextAt: number },
): Promise<void> {
  await db
    .updateTable("webhooks")
    .set({ delivered, failures, nextAt, claimedUntil: 0 })
    .where("organisationId", "=", organisationId)
    .where("webhookId", "=", webhookId)
    .execute();
}

/** Notes an attempt and forgets the oldest ones. */
export async function noteAttempt(
  db: Database,
  { organisationId, webhookId }: WebhookRow,
  attempt: Omit<WebhookAttempt, "attemptId">,
): Promise<void> {
  await db
    .insertInto("webhookAttempts")
    .values({
      organisationId,
      attemptId: uuidv7(),
      webhookId,
      seq: attempt.seq,
      at: attempt.at,
      durationMs: attempt.durationMs,
      status: attempt.status ?? null,
      failure: attempt.failure ?? null,
    })
    .execute();
  const oldest = await db
    .selectFrom("webhookAttempts")
    .select("attemptId")
    .where("organisationId", "=", organisationId)
    .where("webhookId", "=", webhookId)
    .orderBy("attemptId", "desc")
    .offset(KEPT_ATTEMPTS)
    .limit(1)
    .executeTakeFirst();
  if (!oldest) return;
  await db
    .deleteFrom("webhookAttempts")
    .where("organisationId", "=", organisationId)
    .where("webhookId", "=", webhookId)
    .where("attemptId", "<=", oldest.attemptId)
    .execute();
}

/** Newest first. */
export async function listAttempts(
  db: Database,
  organisationId: string,
  webhookId: string,
  page: Page,
): Promise<WebhookAttempt[]> {
  const rows = await db
    .selectFrom("webhookAttempts")
    .select(["attemptId", "seq", "at", "durationMs", "status", "failure"])
    .where("organisationId", "=", organisationId)
    .where("webhookId", "=", webhookId)
    .$if(page.after !== undefined, (q) => q.where("attemptId", "<", page.after!))
    .orderBy("attemptId", "desc")
    .limit(page.limit + 1)
    .execute();
  return rows.map(({ status, failure, ...rest }) => ({
    ...rest,
    ...(status === null ? {} : { status }),
    ...(failure === null ? {} : { failure }),
  }));
}

const view = (row: WebhookRow): Webhook => ({
  webhookId: row.webhookId,
  url: row.url,
  description: row.description,
  actions: JSON.parse(row.actions) as string[],
  state: row.state,
  ...(row.disabledReason === null ? {} : { disabledReason: row.disabledReason }),
  delivered: row.delivered,
  failures: row.failures,
  ...(row.failures > 0 && row.state === "active" ? { nextAt: row.nextAt } : {}),
  createdAt: row.createdAt,
});
