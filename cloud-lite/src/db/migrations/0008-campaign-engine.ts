import { sql, type Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { addColumns, createIndex, createTable } from "./columns.ts";

/** Phases, rates and the reconciler. What ran before goes on: its phase has all of its jobs. */
export const campaignEngine: Migration = {
  async up(db: Kysely<unknown>) {
    await addColumns(db, "campaigns", {
      kind: { kind: "text", default: "general" },
      priority: { kind: "integer", default: 1 },
      dynamic: { kind: "integer", default: 0 },
      seed: { kind: "text", default: "" },
      halt: { kind: "text", default: "{}" },
      silenceMs: { kind: "integer", default: 24 * 60 * 60 * 1000 },
      downloadBytesPerSecond: { kind: "integer?" },
      startAt: { kind: "integer?" },
      authorId: { kind: "text?" },
      editorIds: { kind: "text", default: "[]" },
      approverId: { kind: "text?" },
      approvedAt: { kind: "integer?" },
      scopes: { kind: "text", default: "[{}]" },
      haltedFor: { kind: "text?" },
      revertsCampaignId: { kind: "text?" },
      retryAfter: { kind: "text?" },
      retryBelow: { kind: "text?" },
      settled: { kind: "integer", default: 0 },
      steps: { kind: "integer", default: 0 },
    });
    await addColumns(db, "phases", {
      plan: { kind: "text", default: "{}" },
      rankBelow: { kind: "integer?" },
      cursor: { kind: "text?" },
      filledAt: { kind: "integer?" },
      paceAt: { kind: "integer?" },
      sampledAt: { kind: "integer?" },
      baseline: { kind: "text", default: "{}" },
      skipped: { kind: "text", default: "{}" },
    });
    await addColumns(db, "jobs", {
      latest: { kind: "integer", default: 1 },
      turn: { kind: "integer?" },
      admittedAt: { kind: "integer?" },
      heardAt: { kind: "integer?" },
      failureCode: { kind: "text?" },
      blockedBy: { kind: "text?" },
    });
    await sql`update campaigns set settled = 1 where state in ('completed', 'aborted')`.execute(db);
    await sql`update phases set filled_at = started_at`.execute(db);
    await sql`update jobs set heard_at = started_at, admitted_at = created_at`.execute(db);
    // Counting a phase reads this index alone.
    await createIndex(db, "jobsTally", {
      table: "jobs",
      columns: ["organisationId", "phaseId", "latest", "status", "failureCode"],
    });
    // Begins as the one it replaces.
    await createIndex(db, "jobsExpiry", {
      table: "jobs",
      columns: ["organisationId", "campaignId", "status", "expiresAt"],
    });
    await db.schema.dropIndex("jobsStatus").execute();
    await createIndex(db, "jobsTurn", {
      table: "jobs",
      columns: ["organisationId", "phaseId", "status", "turn"],
    });
    await createTable(db, "jobSteps", {
      columns: { jobId: "text", campaignId: "text", phaseId: "text", stage: "text", durationMs: "integer" },
      key: ["jobId", "stage"],
    });
    await createIndex(db, "jobStepsCampaign", {
      table: "jobSteps",
      columns: ["organisationId", "campaignId", "stage", "durationMs"],
    });
    await createIndex(db, "jobStepsPhase", {
      table: "jobSteps",
      columns: ["organisationId", "phaseId", "stage", "durationMs"],
    });
    await createIndex(db, "campaignsSettled", { table: "campaigns", columns: ["settled", "state"] });
  },
};
