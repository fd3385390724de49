import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { addColumns } from "./columns.ts";

/** Of several instances, one makes a delta. */
export const claims: Migration = {
  async up(db: Kysely<unknown>) {
    await addColumns(db, "deltas", { claimedUntil: { kind: "integer?" } });
  },
};
