import { sql, type Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { addColumns, createIndex, createTable, type NewIndex } from "./columns.ts";

const INDEXES: Readonly<Record<string, NewIndex>> = {
  uploadsTouched: { table: "uploads", columns: ["touchedAt"] },
  campaignsRelease: { table: "campaigns", columns: ["organisationId", "releaseId"] },
  auditSubject: { table: "auditEntries", columns: ["organisationId", "subjectId", "seq"] },
  auditActor: { table: "auditEntries", columns: ["organisationId", "actorId", "seq"] },
  auditAction: { table: "auditEntries", columns: ["organisationId", "action", "seq"] },
  auditTime: { table: "auditEntries", columns: ["organisationId", "at"] },
};

/** Requirements and withdrawal of releases, resumable uploads, and an audit log with a head and checkpoints. */
export const releaseMetadata: Migration = {
  async up(db: Kysely<unknown>) {
    await addColumns(db, "releases", {
      rxswin: { kind: "text", default: "[]" },
      withdrawnAt: { kind: "integer?" },
      withdrawnBecause: { kind: "text?" },
    });
    await addColumns(db, "images", { requires: { kind: "text?" } });
    await createTable(db, "uploads", {
      columns: {
        sha256: "text",
        length: "integer",
        format: "text?",
        received: "integer",
        createdBy: "text",
        createdAt: "integer",
        touchedAt: "integer",
        completedAt: "integer?",
      },
      key: ["sha256"],
    });
    await createTable(db, "uploadParts", {
      columns: { sha256: "text", position: "integer", bytes: "text" },
      key: ["sha256", "position"],
    });
    await addColumns(db, "auditEntries", {
      permission: { kind: "text?" },
      credentialId: { kind: "text?" },
    });
    await addColumns(db, "auditPayloads", { why: { kind: "text?" } });
    await createTable(db, "auditHeads", { columns: { seq: "integer", hash: "text" }, key: [] });
    await createTable(db, "auditCheckpoints", {
      columns: { seq: "integer", hash: "text", at: "integer", signature: "text" },
      key: ["seq"],
    });
    for (const [name, index] of Object.entries(INDEXES)) await createIndex(db, name, index);
    await sql`insert into audit_heads (organisation_id, seq, hash)
      select organisation_id, seq, hash from audit_entries e
      where seq = (select max(seq) from audit_entries m where m.organisation_id = e.organisation_id)`.execute(
      db,
    );
  },
};
