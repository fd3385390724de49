import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** A delta that could not be made is tried again later. */
export const deltaRetries: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable("deltas")
      .addColumn("failures", "bigint", (c) => c.notNull().defaultTo(0))
      .execute();
    await db.schema.alterTable("deltas").addColumn("retryAt", "bigint").execute();
  },
};
