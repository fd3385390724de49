import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { addColumns } from "./columns.ts";

/** A job is looked at once more when it is offered, and tells why it was taken back. */
export const withdrawalReasons: Migration = {
  async up(db: Kysely<unknown>) {
    await addColumns(db, "jobs", { withdrawnFor: { kind: "text?" } });
  },
};
