import type { Selectable } from "kysely";
import { v7 as uuidv7 } from "uuid";
import type { Page } from "../db/cursor.ts";
import type { Database } from "../db/database.ts";
import { Refusal } from "../refusals.ts";
import type { Grant } from "./grants.ts";
import type { AccessGroup } from "./schema.ts";
import type { AccessTables } from "./tables.ts";

const NAMES_AT_ONCE = 500;

/** The grants of those groups that exist; names that nobody made here, as an identity provider sends them, give none. */
export async function grantsOfGroups(
  db: Database,
  organisationId: string,
  names: readonly string[],
): Promise<Grant[]> {
  if (names.length === 0) return [];
  const rows = await db
    .selectFrom("accessGroups")
    .select("grants")
    .where("organisationId", "=", organisationId)
    .where("groupName", "in", names.slice(0, NAMES_AT_ONCE))
    .orderBy("groupName")
    .execute();
  return rows.flatMap(({ grants }) => JSON.parse(grants) as Grant[]);
}

/** @throws {Refusal} GROUP_UNKNOWN for the first one that does not exist */
export async function requireGroups(
  tx: Database,
  organisationId: string,
  names: readonly string[],
): Promise<void> {
  if (names.length === 0) return;
  const rows = await tx
    .selectFrom("accessGroups")
    .select("groupName")
    .where("organisationId", "=", organisationId)
    .where("groupName", "in", names)
    .execute();
  const known = new Set(rows.map(({ groupName }) => groupName));
  const missing = names.find((name) => !known.has(name));
  if (missing !== undefined) throw new Refusal("GROUP_UNKNOWN", { name: missing });
}

/** Makes a group, or gives it other grants. */
export async function putGroup(
  tx: Database,
  organisationId: string,
  at: number,
  name: string,
  grants: readonly Grant[],
): Promise<AccessGroup> {
  await tx
    .insertInto("accessGroups")
    .values({
      organisationId,
      groupId: uuidv7(),
      groupName: name,
      grants: JSON.stringify(grants),
      createdAt: at,
    })
    .onConflict((conflict) =>
      conflict.columns(["organisationId", "groupName"]).doUpdateSet({ grants: JSON.stringify(grants) }),
    )
    .execute();
  return getGroup(tx, organisationId, name);
}

/** Its members lose what it gave them. @throws {Refusal} GROUP_UNKNOWN */
export async function removeGroup(tx: Database, organisationId: string, name: string): Promise<AccessGroup> {
  const group = await getGroup(tx, organisationId, name);
  for (const table of ["userGroups", "accessGroups"] as const) {
    await tx
      .deleteFrom(table)
      .where("organisationId", "=", organisationId)
      .where("groupName", "=", name)
      .execute();
  }
  return group;
}

/** @throws {Refusal} GROUP_UNKNOWN */
export async function getGroup(db: Database, organisationId: string, name: string): Promise<AccessGroup> {
  const row = await db
    .selectFrom("accessGroups")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("groupName", "=", name)
    .executeTakeFirst();
  if (!row) throw new Refusal("GROUP_UNKNOWN", { name });
  return view(row);
}

/** In the order in which they were made. */
export async function listGroups(db: Database, organisationId: string, page: Page): Promise<AccessGroup[]> {
  const rows = await db
    .selectFrom("accessGroups")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .$if(page.after !== undefined, (q) => q.where("groupId", ">", page.after!))
    .orderBy("groupId")
    .limit(page.limit + 1)
    .execute();
  return rows.map(view);
}

const view = (row: Selectable<AccessTables["accessGroups"]>): AccessGroup => ({
  groupId: row.groupId,
  name: row.groupName,
  grants: JSON.parse(row.grants) as AccessGroup["grants"],
  createdAt: row.createdAt,
});
