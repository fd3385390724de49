import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { createIndex } from "./columns.ts";

/** A page of a campaign's jobs, or of those that ended with a failure, is a piece of an index, however many there are. */
export const jobLists: Migration = {
  async up(db: Kysely<unknown>) {
    await createIndex(db, "jobsOfCampaign", {
      table: "jobs",
      columns: ["organisationId", "campaignId", "jobId"],
    });
    // Most jobs end without one, and cost nothing here.
    await db.schema
      .createIndex("jobsFailure")
      .on("jobs")
      .columns(["organisationId", "failureCode", "jobId"])
      .where("failureCode" as never, "is not", null)
      .execute();
  },
};
