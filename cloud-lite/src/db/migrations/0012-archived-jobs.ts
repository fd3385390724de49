import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { createTable } from "./columns.ts";

/** How many jobs of a phase went to the archive, so that its campaign still says how it ended. */
export const archivedJobs: Migration = {
  async up(db: Kysely<unknown>) {
    await createTable(db, "archivedJobs", {
      columns: { phaseId: "text", status: "text", failureCode: "text", count: "integer" },
      key: ["phaseId", "status", "failureCode"],
    });
  },
};
