import SqliteDatabase from "better-sqlite3";
import { CamelCasePlugin, Kysely, SqliteDialect } from "kysely";
import { expect, test } from "vitest";
import { EVERYTHING } from "../../access/grants.ts";
import { findActor } from "../../access/store.ts";
import { newToken } from "../../access/tokens.ts";
import { DEFAULT_ORGANISATION } from "../open.ts";
import type { Tables } from "../tables.ts";
import { MIGRATIONS } from "./all.ts";

test("A5 operator keys from before there were persons go on, as keys of the user admin", async () => {
  const db = new Kysely<Tables>({
    dialect: new SqliteDialect({ database: new SqliteDatabase(":memory:") }),
    plugins: [new CamelCasePlugin()],
  });
  const names = Object.keys(MIGRATIONS).sort();
  for (const name of names.filter((known) => known < "0010")) await MIGRATIONS[name]!.up(db);
  const organisationId = DEFAULT_ORGANISATION;
  const tokens = [newToken("operator"), newToken("operator")];
  for (const [i, { prefix, digest }] of tokens.entries()) {
    const row = {
      organisationId,
      credentialId: `key-${i}`,
      kind: "operator",
      label: "",
      prefix,
      digest,
      createdAt: 1,
    };
    await db
      .insertInto("credentials" as never)
      .values(row)
      .execute();
  }
  await MIGRATIONS["0010-access"]!.up(db);
  const actors = await Promise.all(tokens.map(({ token }) => findActor(db, token, 2)));
  const { userId } = await db
    .selectFrom("users")
    .select("userId")
    .where("name", "=", "admin")
    .executeTakeFirstOrThrow();
  expect(actors).toEqual(
    [0, 1].map((i) => ({
      kind: "operator",
      organisationId,
      credentialId: `key-${i}`,
      principalId: userId,
      grants: EVERYTHING,
    })),
  );
  await db.destroy();
});
