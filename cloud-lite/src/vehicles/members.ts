import type { Database } from "../db/open.ts";
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

/** Those of a page of vehicles, each list in order of name. */
export async function membersOf(
  db: Database,
  organisationId: string,
  vehicleIds: readonly string[],
): Promise<(vehicleId: string) => Members> {
  const found = new Map<string, Members>(
    vehicleIds.map((vehicleId) => [vehicleId, { groups: [], tags: [], attributes: {} }]),
  );
  const groups = await db
    .selectFrom("vehicleGroups")
    .select(["vehicleId", "groupName"])
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "in", vehicleIds)
    .orderBy("groupName")
    .execute();
  for (const { vehicleId, groupName } of groups) found.get(vehicleId)!.groups.push(groupName);
  const tags = await db
    .selectFrom("vehicleTags")
    .select(["vehicleId", "tag"])
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "in", vehicleIds)
    .orderBy("tag")
    .execute();
  for (const { vehicleId, tag } of tags) found.get(vehicleId)!.tags.push(tag);
  const attributes = await db
    .selectFrom("vehicleAttributes")
    .select(["vehicleId", "name", "value"])
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "in", vehicleIds)
    .orderBy("name")
    .execute();
  for (const { vehicleId, name, value } of attributes) found.get(vehicleId)!.attributes[name] = value;
  return (vehicleId) => found.get(vehicleId)!;
}
