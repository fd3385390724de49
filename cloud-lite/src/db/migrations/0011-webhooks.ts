import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { createIndex, createTable } from "./columns.ts";

/** Who is told of changes, and how that went. */
export const webhooks: Migration = {
  async up(db: Kysely<unknown>) {
    await createTable(db, "webhooks", {
      columns: {
        webhookId: "text",
        url: "text",
        description: "text",
        actions: "text",
        secret: "text",
        state: "text",
        disabledReason: "text?",
        delivered: "integer",
        failures: "integer",
        nextAt: "integer",
        claimedUntil: "integer",
        createdAt: "integer",
      },
      key: ["webhookId"],
    });
    await createTable(db, "webhookAttempts", {
      columns: {
        attemptId: "text",
        webhookId: "text",
        seq: "integer",
        at: "integer",
        durationMs: "integer",
        status: "integer?",
        failure: "text?",
      },
      key: ["attemptId"],
    });
    await createIndex(db, "webhooksDue", { table: "webhooks", columns: ["state", "nextAt"] });
    await createIndex(db, "webhookAttemptsOrder", {
      table: "webhookAttempts",
      columns: ["organisationId", "webhookId", "attemptId"],
    });
  },
};
