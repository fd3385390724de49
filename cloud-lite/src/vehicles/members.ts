import { sql } from "kysely";
import { isOneOf } from "../db/one-of.ts";
import type { Database } from "../db/database.ts";
import { executeKept } from "../db/postgres-statements.ts";
import type { VehicleBody } from "./schema.ts";

/** What a vehicle belongs to and was built with. */
export type Members = Required<Pick<VehicleBody, "groups" | "tags" | "attributes">>;

/** Replaces the groups, tags and attributes that are given; the others stay. */
export async function putMembers(
  tx: Database,
  organisationId: string,
  vehicleId: string,
  { groups, tags, attributes }: Partial<Members>,
): Promise<void> {
  const row = { organisationId, vehicleId };
  if (groups) {
    const rows = [...new Set(groups)].map((groupName) => ({ ...row, groupName }));
    await clear(tx, "vehicleGroups", organisationId, vehicleId);
    if (rows.length > 0) await tx.insertInto("vehicleGroups").values(rows).execute();
  }
  if (tags) {
    const rows = [...new Set(tags)].map((tag) => ({ ...row, tag }));
    await clear(tx, "vehicleTags", organisationId, vehicleId);
    if (rows.length > 0) await tx.insertInto("vehicleTags").values(rows).execute();
  }
  if (attributes) {
    const rows = Object.entries(attributes).map(([name, value]) => ({ ...row, name, value }));
    await clear(tx, "vehicleAttributes", organisationId, vehicleId);
    if (rows.length > 0) await tx.insertInto("vehicleAttributes").values(rows).execute();
  }
}

const clear = (
  tx: Database,
  table: "vehicleGroups" | "vehicleTags" | "vehicleAttributes",
  organisationId: string,
  vehicleId: string,
) =>
  tx
    .deleteFrom(table)
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .execute();

/** Those of a page of vehicles, each list in order of name. One statement, for a page asks for all of them. */
export async function membersOf(
  db: Database,
  organisationId: string,
  vehicleIds: readonly string[],
): Promise<(vehicleId: string) => Members> {
  const found = new Map<string, Members>(
    vehicleIds.map((vehicleId) => [vehicleId, { groups: [], tags: [], attributes: {} }]),
  );
  const query = db
    .selectFrom("vehicleGroups")
    .select(["vehicleId", kindOf("group"), "groupName as name", sql<string>`''`.as("value")])
    .where("organisationId", "=", organisationId)
    .where(isOneOf(db, "vehicleId", vehicleIds))
    .unionAll(
      db
        .selectFrom("vehicleTags")
        .select(["vehicleId", kindOf("tag"), "tag as name", sql<string>`''`.as("value")])
        .where("organisationId", "=", organisationId)
        .where(isOneOf(db, "vehicleId", vehicleIds)),
    )
    .unionAll(
      db
        .selectFrom("vehicleAttributes")
        .select(["vehicleId", kindOf("attribute"), "name", "value"])
        .where("organisationId", "=", organisationId)
        .where(isOneOf(db, "vehicleId", vehicleIds)),
    )
    .orderBy("name");
  for (const { vehicleId, kind, name, value } of await executeKept(db, query)) {
    const { groups, tags, attributes } = found.get(vehicleId)!;
    if (kind === "attribute") attributes[name] = value;
    else (kind === "group" ? groups : tags).push(name);
  }
  return (vehicleId) => found.get(vehicleId)!;
}

const kindOf = (kind: "group" | "tag" | "attribute") => sql<typeof kind>`${sql.lit(kind)}`.as("kind");
