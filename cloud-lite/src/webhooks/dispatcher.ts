import { EVERYTHING } from "../access/grants.ts";
import { appendAudit } from "../audit/store.ts";
import type { Database } from "../db/database.ts";
import { changesAfter } from "../live/change-log.ts";
import type { Change } from "../live/change.ts";
import { visibleChange } from "../live/topics.ts";
import { deliver, type Post } from "./deliver.ts";
import { retryPauseMs, wants } from "./rules.ts";
import { claimDue, noteAttempt, releaseClaim, setState, type WebhookRow } from "./store.ts";

/** Changes that are looked through at once for one webhook. */
const PAGE = 100;
const AT_ONCE = 8;
/** Longer than a page of time-outs would take. */
const LEASE_MS = 20 * 60_000;

export interface Dispatcher {
  /** Delivers what is due. Every webhook gets its changes in order, at least once, whichever instance sends them. */
  run(): Promise<void>;
  /** Begins nothing more, and waits for what is on its way. */
  close(): Promise<void>;
}

interface DispatcherDeps {
  readonly db: Database;
  readonly now: () => number;
  readonly send: Post;
  readonly onError: (error: unknown) => void;
}

export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const state: { closed: boolean; running?: Promise<void> } = { closed: false };
  const runAll = async (): Promise<void> => {
    const due = await claimDue(deps.db, deps.now(), { leaseMs: LEASE_MS, limit: AT_ONCE });
    await Promise.all(due.map((webhook) => serve(deps, webhook, () => state.closed).catch(deps.onError)));
  };
  return {
    run() {
      if (state.closed) return Promise.resolve();
      state.running ??= runAll()
        .catch(deps.onError)
        .finally(() => {
          state.running = undefined;
        });
      return state.running;
    },
    async close() {
      state.closed = true;
      await state.running;
    },
  };
}

/** One page of changes for one webhook, up to the first attempt that fails: order is kept by waiting. */
async function serve(deps: DispatcherDeps, webhook: WebhookRow, isClosed: () => boolean): Promise<void> {
  const { db, now } = deps;
  const patterns = JSON.parse(webhook.actions) as string[];
  let { delivered, failures } = webhook;
  let nextAt = now();
  for (const located of await changesAfter(db, webhook.organisationId, delivered, PAGE)) {
    if (isClosed()) break;
    const change = visibleChange({ kind: "fleet" }, EVERYTHING, located);
    if (change && wants(patterns, change.action)) {
      const { result, failure } = await attempt(deps, webhook, change);
      if (result !== "delivered") {
        failures += 1;
        const pauseMs = result === "gone" ? undefined : retryPauseMs(failures);
        if (pauseMs === undefined) return disable(deps, webhook, delivered, failure!);
        nextAt = now() + pauseMs;
        break;
      }
      failures = 0;
    }
    delivered = located.seq;
  }
  await releaseClaim(db, webhook, { delivered, failures, nextAt });
}

async function attempt({ db, now, send }: DispatcherDeps, webhook: WebhookRow, change: Change) {
  const at = now();
  const id = `${webhook.webhookId}.${change.seq}`;
  const { result, status, failure } = await deliver(send, webhook, { id, at, change });
  await noteAttempt(db, webhook, { seq: change.seq, at, durationMs: now() - at, status, failure });
  return { result, failure };
}

async function disable(
  { db, now }: DispatcherDeps,
  webhook: WebhookRow,
  delivered: number,
  failure: string,
): Promise<void> {
  const { organisationId, webhookId, url } = webhook;
  const at = now();
  await db.transaction().execute(async (tx) => {
    await releaseClaim(tx, webhook, { delivered, failures: 0, nextAt: at });
    await setState(tx, webhook, "disabled", { at, reason: failure });
    await appendAudit(tx, {
      organisationId,
      at,
      actor: { kind: "cloud", id: "webhooks" },
      requestId: "-",
      note: {
        action: "webhook.disabled",
        subjectKind: "webhook",
        subjectId: webhookId,
        payload: { url, failure },
      },
    });
  });
}
