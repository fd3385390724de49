import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { v7 as uuidv7 } from "uuid";
import type { Tables } from "../tables.ts";
import { addColumns, createIndex, createTable, type NewIndex, type NewTable } from "./columns.ts";

const TABLES: Readonly<Record<string, NewTable>> = {
  users: {
    columns: {
      userId: "text",
      name: "text",
      displayName: "text?",
      grants: "text",
      passwordHash: "text?",
      passwordChangedAt: "integer?",
      deactivatedAt: "integer?",
      createdAt: "integer",
    },
    key: ["userId"],
  },
  accessGroups: {
    columns: { groupName: "text", groupId: "text", grants: "text", createdAt: "integer" },
    key: ["groupName"],
  },
  userGroups: { columns: { userId: "text", groupName: "text" }, key: ["userId", "groupName"] },
};

const INDEXES: Readonly<Record<string, NewIndex>> = {
  usersName: { table: "users", columns: ["organisationId", "name"], unique: true },
  accessGroupsId: { table: "accessGroups", columns: ["organisationId", "groupId"] },
  userGroupsName: { table: "userGroups", columns: ["organisationId", "groupName"] },
  credentialsUser: { table: "credentials", columns: ["organisationId", "userId", "kind", "credentialId"] },
  credentialsVehicle: { table: "credentials", columns: ["organisationId", "vehicleId", "credentialId"] },
  credentialsExpiry: { table: "credentials", columns: ["kind", "expiresAt"] },
};

/** Persons, their grants and groups of grants; keys that belong to a person, are scoped, and end. */
export const access: Migration = {
  async up(db: Kysely<unknown>) {
    for (const [table, made] of Object.entries(TABLES)) await createTable(db, table, made);
    await addColumns(db, "credentials", {
      userId: { kind: "text?" },
      grants: { kind: "text?" },
      expiresAt: { kind: "integer?" },
      lastUsedAt: { kind: "integer?" },
    });
    for (const [name, index] of Object.entries(INDEXES)) await createIndex(db, name, index);
    await giveKeysAPerson(db);
  },
};

/** Operator keys from before there were persons: all are of one, who may do what they could do. */
async function giveKeysAPerson(db: Kysely<Tables>): Promise<void> {
  const owners = await db
    .selectFrom("credentials")
    .select("organisationId")
    .distinct()
    .where("kind", "=", "operator")
    .execute();
  for (const { organisationId } of owners) {
    const userId = uuidv7();
    await db
      .insertInto("users")
      .values({
        organisationId,
        userId,
        name: "admin",
        displayName: null,
        grants: JSON.stringify([{ role: "admin", scope: {} }]),
        passwordHash: null,
        passwordChangedAt: null,
        deactivatedAt: null,
        createdAt: Date.now(),
      })
      .execute();
    await db
      .updateTable("credentials")
      .set({ userId })
      .where("organisationId", "=", organisationId)
      .where("kind", "=", "operator")
      .execute();
  }
}
