import type { Selectable } from "kysely";
import { v7 as uuidv7 } from "uuid";
import type { AskedPage, Listed } from "../db/cursor.ts";
import type { Database } from "../db/database.ts";
import { listPage, type Orders } from "../db/order.ts";
import { hasWords } from "../db/words.ts";
import { Refusal } from "../refusals.ts";
import { scopesOf, type Grant } from "./grants.ts";
import { requireGroups } from "./group-store.ts";
import type { User, UserBody, UserChange } from "./schema.ts";
import type { AccessTables } from "./tables.ts";

export type UserRow = Selectable<AccessTables["users"]>;

/** What an active user may, his groups included; undefined where he is unknown or was deactivated. */
export async function grantsOfUser(
  db: Database,
  organisationId: string,
  userId: string,
): Promise<Grant[] | undefined> {
  const rows = await db
    .selectFrom("users as u")
    .leftJoin("userGroups as m", (join) =>
      join.onRef("m.organisationId", "=", "u.organisationId").onRef("m.userId", "=", "u.userId"),
    )
    .leftJoin("accessGroups as g", (join) =>
      join.onRef("g.organisationId", "=", "m.organisationId").onRef("g.groupName", "=", "m.groupName"),
    )
    .select(["u.grants as own", "g.grants as ofGroup"])
    .where("u.organisationId", "=", organisationId)
    .where("u.userId", "=", userId)
    .where("u.deactivatedAt", "is", null)
    .execute();
  return rows.length === 0 ? undefined : grantsOfRows(rows);
}

/** The grants of a person, whose own are in every row, and of one group in each. */
export function grantsOfRows(
  rows: readonly { readonly own: string | null; readonly ofGroup: string | null }[],
): Grant[] {
  const texts = [rows[0]?.own ?? null, ...rows.map(({ ofGroup }) => ofGroup)];
  return texts.flatMap((text) => (text === null ? [] : (JSON.parse(text) as Grant[])));
}

export const findUserNamed = (
  db: Database,
  organisationId: string,
  name: string,
): Promise<UserRow | undefined> =>
  db
    .selectFrom("users")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("name", "=", name)
    .executeTakeFirst();

/** @throws {Refusal} USER_EXISTS or GROUP_UNKNOWN */
export async function insertUser(
  tx: Database,
  organisationId: string,
  at: number,
  body: UserBody,
): Promise<User> {
  const userId = uuidv7();
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("users")
    .values({
      organisationId,
      userId,
      name: body.name,
      displayName: body.displayName ?? null,
      grants: JSON.stringify(body.grants ?? []),
      passwordHash: null,
      passwordChangedAt: null,
      deactivatedAt: null,
      createdAt: at,
    })
    .onConflict((conflict) => conflict.columns(["organisationId", "name"]).doNothing())
    .executeTakeFirst();
  if (Number(numInsertedOrUpdatedRows) === 0) throw new Refusal("USER_EXISTS", { name: body.name });
  await setGroups(tx, organisationId, userId, body.groups ?? []);
  return getUser(tx, organisationId, userId);
}

/** @throws {Refusal} USER_UNKNOWN, GROUP_UNKNOWN or LAST_ADMIN */
export async function changeUser(
  tx: Database,
  organisationId: string,
  userId: string,
  change: UserChange,
): Promise<User> {
  await getUser(tx, organisationId, userId);
  const { displayName, grants, groups } = change;
  if (displayName !== undefined || grants !== undefined) {
    await setUser(tx, organisationId, userId, {
      ...(displayName === undefined ? {} : { displayName }),
      ...(grants === undefined ? {} : { grants: JSON.stringify(grants) }),
    });
  }
  if (groups !== undefined) await setGroups(tx, organisationId, userId, groups);
  await requireAnAdmin(tx, organisationId);
  return getUser(tx, organisationId, userId);
}

/** Ends or takes up again what a user may, at once, with all keys and sessions. @throws {Refusal} USER_UNKNOWN, LAST_ADMIN */
export async function setActive(
  tx: Database,
  organisationId: string,
  userId: string,
  deactivatedAt: number | null,
): Promise<User> {
  await getUser(tx, organisationId, userId);
  await setUser(tx, organisationId, userId, { deactivatedAt });
  await requireAnAdmin(tx, organisationId);
  return getUser(tx, organisationId, userId);
}

/** Sets a password by its hash, which was made before the transaction, and ends the sessions that are open. */
export async function setPassword(
  tx: Database,
  organisationId: string,
  userId: string,
  at: number,
  passwordHash: string,
): Promise<void> {
  await setUser(tx, organisationId, userId, { passwordHash, passwordChangedAt: at });
  await tx
    .updateTable("credentials")
    .set({ revokedAt: at })
    .where("organisationId", "=", organisationId)
    .where("userId", "=", userId)
    .where("kind", "=", "session")
    .where("revokedAt", "is", null)
    .execute();
}

const setUser = (
  tx: Database,
  organisationId: string,
  userId: string,
  values: Partial<Omit<UserRow, "organisationId" | "userId">>,
) =>
  tx
    .updateTable("users")
    .set(values)
    .where("organisationId", "=", organisationId)
    .where("userId", "=", userId)
    .execute();

async function setGroups(
  tx: Database,
  organisationId: string,
  userId: string,
  groups: readonly string[],
): Promise<void> {
  await requireGroups(tx, organisationId, groups);
  await tx
    .deleteFrom("userGroups")
    .where("organisationId", "=", organisationId)
    .where("userId", "=", userId)
    .execute();
  if (groups.length === 0) return;
  await tx
    .insertInto("userGroups")
    .values(groups.map((groupName) => ({ organisationId, userId, groupName })))
    .execute();
}

/** @throws {Refusal} LAST_ADMIN where no active user may manage access */
export async function requireAnAdmin(tx: Database, organisationId: string): Promise<void> {
  const active = await tx
    .selectFrom("users")
    .select("userId")
    .where("organisationId", "=", organisationId)
    .where("deactivatedAt", "is", null)
    .orderBy("userId")
    .execute();
  for (const { userId } of active) {
    const grants = await grantsOfUser(tx, organisationId, userId);
    if (scopesOf(grants ?? [], "access.manage").length > 0) return;
  }
  throw new Refusal("LAST_ADMIN");
}

/** @throws {Refusal} USER_UNKNOWN */
export async function getUser(db: Database, organisationId: string, userId: string): Promise<User> {
  const user = await findUser(db, organisationId, userId);
  if (!user) throw new Refusal("USER_UNKNOWN", { user: userId });
  return user;
}

export async function findUser(
  db: Database,
  organisationId: string,
  userId: string,
): Promise<User | undefined> {
  const row = await db
    .selectFrom("users")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("userId", "=", userId)
    .executeTakeFirst();
  return row && (await withGroups(db, organisationId, [row]))[0];
}

export const USER_ORDERS = {
  id: "userId",
  by: { createdAt: "id", name: { text: "name" } },
  first: "createdAt",
} as const satisfies Orders;

/** @param filter `q`: words of the name and the display name */
export async function listUsers(
  db: Database,
  organisationId: string,
  page: AskedPage,
  { isActive, q: words }: { readonly isActive?: boolean; readonly q?: string } = {},
): Promise<Listed<User>> {
  const matching = db
    .selectFrom("users")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .$if(isActive !== undefined, (q) => q.where("deactivatedAt", isActive ? "is" : "is not", null))
    .$if(words !== undefined, (q) => q.where(hasWords(["name", "displayName"], words!)));
  const { rows, nextCursor } = await listPage(matching, page, USER_ORDERS);
  return { rows: await withGroups(db, organisationId, rows), nextCursor };
}

async function withGroups(db: Database, organisationId: string, rows: readonly UserRow[]): Promise<User[]> {
  if (rows.length === 0) return [];
  const members = await db
    .selectFrom("userGroups")
    .select(["userId", "groupName"])
    .where("organisationId", "=", organisationId)
    .where(
      "userId",
      "in",
      rows.map(({ userId }) => userId),
    )
    .orderBy("groupName")
    .execute();
  return rows.map((row) => ({
    userId: row.userId,
    name: row.name,
    ...(row.displayName === null ? {} : { displayName: row.displayName }),
    grants: JSON.parse(row.grants) as User["grants"],
    groups: members.filter(({ userId }) => userId === row.userId).map(({ groupName }) => groupName),
    hasPassword: row.passwordHash !== null,
    isActive: row.deactivatedAt === null,
    createdAt: row.createdAt,
  }));
}
