import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { addColumns, createIndex } from "./columns.ts";

/**
 * What an operator saw and went on from is told of each job, and not by a count of them, which a job that is tried again
 * would make wrong. Nothing counts as seen of what ended before: a campaign may be halted once more for it.
 */
export const seenOutcomes: Migration = {
  async up(db: Kysely<unknown>) {
    await addColumns(db, "jobs", { seen: { kind: "integer", default: 0 } });
    await db.schema.alterTable("phases").dropColumn("baseline").execute();
    await db.schema.dropIndex("jobsTally").execute();
    // Counting a phase reads this index alone.
    await createIndex(db, "jobsTally", {
      table: "jobs",
      columns: ["organisationId", "phaseId", "latest", "status", "failureCode", "seen"],
    });
  },
};
