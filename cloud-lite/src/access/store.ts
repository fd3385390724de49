import { v7 as uuidv7 } from "uuid";
import type { Database } from "../db/database.ts";
import { executeKept } from "../db/postgres-statements.ts";
import { narrow, type Grant } from "./grants.ts";
import { newToken, tokenMatches, tokenPrefix, type TokenKind } from "./tokens.ts";
import { grantsOfRows } from "./user-store.ts";

/** Who acts: an operator by key, session or identity provider, or a vehicle by device token. */
export type Actor =
  | {
      readonly kind: "operator";
      readonly organisationId: string;
      readonly credentialId: string;
      /** The person, also behind an API key: an author may not approve with another key. */
      readonly principalId: string;
      readonly grants: readonly Grant[];
    }
  | {
      readonly kind: "vehicle";
      readonly organisationId: string;
      readonly credentialId: string;
      readonly vehicleId: string;
    };
export type Vehicle = Actor & { readonly kind: "vehicle" };
export type Operator = Actor & { readonly kind: "operator" };

export interface IssuedToken {
  readonly credentialId: string;
  readonly token: string;
}

interface NewCredential {
  readonly organisationId: string;
  readonly kind: TokenKind;
  readonly label: string;
  readonly at: number;
  /** Of a device token. */
  readonly vehicleId?: string;
  /** Of an operator's key or session: without it, it opens nothing. */
  readonly userId?: string;
  /** What a key is narrowed to; all that its person may where it is left out. */
  readonly grants?: readonly Grant[];
  readonly expiresAt?: number;
}

/** Makes a credential; the token is returned here and never again. */
export async function issueToken(db: Database, given: NewCredential): Promise<IssuedToken> {
  const { token, prefix, digest } = newToken(given.kind);
  const credentialId = uuidv7();
  await db
    .insertInto("credentials")
    .values({
      organisationId: given.organisationId,
      credentialId,
      kind: given.kind,
      label: given.label,
      vehicleId: given.vehicleId ?? null,
      userId: given.userId ?? null,
      grants: given.grants === undefined ? null : JSON.stringify(given.grants),
      prefix,
      digest,
      createdAt: given.at,
      expiresAt: given.expiresAt ?? null,
      lastUsedAt: null,
      revokedAt: null,
    })
    .execute();
  return { credentialId, token };
}

/** The actor of a token, or undefined where it is malformed, unknown, revoked or over. */
export async function findActor(db: Database, token: string, at: number): Promise<Actor | undefined> {
  const prefix = tokenPrefix(token);
  if (prefix === undefined) return undefined;
  const rows = await executeKept(db, withGrants(db).where("c.prefix", "=", prefix));
  const row = rows[0];
  if (!row || !tokenMatches(token, row.digest)) return undefined;
  if (row.expiresAt !== null && row.expiresAt <= at) return undefined;
  const { organisationId, credentialId, vehicleId, activeUserId } = row;
  if (row.kind === "device") {
    return vehicleId === null ? undefined : { kind: "vehicle", organisationId, credentialId, vehicleId };
  }
  if (activeUserId === null) return undefined;
  await noteUse(db, row, at);
  const own = grantsOfRows(rows);
  const grants = row.grants === null ? own : narrow(JSON.parse(row.grants) as Grant[], own);
  return { kind: "operator", organisationId, credentialId, principalId: activeUserId, grants };
}

/** Credentials that were not revoked, a row for each group of their person, in one statement: this is at every request. */
const withGrants = (db: Database) =>
  db
    .selectFrom("credentials as c")
    .leftJoin("users as u", (join) =>
      join
        .onRef("u.organisationId", "=", "c.organisationId")
        .onRef("u.userId", "=", "c.userId")
        .on("u.deactivatedAt", "is", null),
    )
    .leftJoin("userGroups as m", (join) =>
      join.onRef("m.organisationId", "=", "u.organisationId").onRef("m.userId", "=", "u.userId"),
    )
    .leftJoin("accessGroups as g", (join) =>
      join.onRef("g.organisationId", "=", "m.organisationId").onRef("g.groupName", "=", "m.groupName"),
    )
    .select(["c.organisationId", "c.credentialId", "c.kind", "c.vehicleId", "c.digest", "c.grants"])
    .select(["c.expiresAt", "c.lastUsedAt"])
    .select(["u.userId as activeUserId", "u.grants as own", "g.grants as ofGroup"])
    .where("c.revokedAt", "is", null);

const USE_NOTED_EVERY_MS = 60_000;

/** Once a minute: when a key was last used matters to whoever cleans up, and not to the second. */
async function noteUse(
  db: Database,
  {
    organisationId,
    credentialId,
    lastUsedAt,
  }: { organisationId: string; credentialId: string; lastUsedAt: number | null },
  at: number,
): Promise<void> {
  if (lastUsedAt !== null && at - lastUsedAt < USE_NOTED_EVERY_MS) return;
  await db
    .updateTable("credentials")
    .set({ lastUsedAt: at })
    .where("organisationId", "=", organisationId)
    .where("credentialId", "=", credentialId)
    .execute();
}
