import type { Selectable } from "kysely";
import { v7 as uuidv7 } from "uuid";
import type { AskedPage, Listed } from "../db/cursor.ts";
import type { Database } from "../db/database.ts";
import { listPage, type Orders } from "../db/order.ts";
import { hasWords } from "../db/words.ts";
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

export const GROUP_ORDERS = {
  id: "groupId",
  by: { createdAt: "id", name: { text: "groupName" } },
  first: "createdAt",
} as const satisfies Orders;

/** @param filter `q`: words of the name */
export async function listGroups(
  db: Database,
  organisationId: string,
  page: AskedPage,
  filter: { readonly q?: string },
): Promise<Listed<AccessGroup>> {
  const matching = db
    .selectFrom("accessGroups")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .$if(filter.q !== undefined, (q) => q.where(hasWords(["groupName"], filter.q!)));
  const { rows, nextCursor } = await listPage(matching, page, GROUP_ORDERS);
  return { rows: rows.map(view), nextCursor };
}

const view = (row: Selectable<AccessTables["accessGroups"]>): AccessGroup => ({
  groupId: row.groupId,
  name: row.groupName,
  grants: JSON.parse(row.grants) as AccessGroup["grants"],
  createdAt: row.createdAt,
});
