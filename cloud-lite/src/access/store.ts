import { v7 as uuidv7 } from "uuid";
import type { Database } from "../db/open.ts";
import { EVERYTHING, type Grant } from "./grants.ts";
import { newToken, tokenMatches, tokenPrefix, type TokenKind } from "./tokens.ts";

/** Who acts: an operator by key, or a vehicle by device token. */
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

export interface IssuedToken {
  readonly credentialId: string;
  readonly token: string;
}

/** Makes a credential; the token is returned here and never again. */
export async function issueToken(
  db: Database,
  given: { organisationId: string; kind: TokenKind; label: string; vehicleId?: string; at: number },
): Promise<IssuedToken> {
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
      prefix,
      digest,
      createdAt: given.at,
      revokedAt: null,
    })
    .execute();
  return { credentialId, token };
}

/** The actor of a token, or undefined where it is malformed, unknown or revoked. */
export async function findActor(db: Database, token: string): Promise<Actor | undefined> {
  const prefix = tokenPrefix(token);
  if (prefix === undefined) return undefined;
  const row = await db
    .selectFrom("credentials")
    .select(["organisationId", "credentialId", "kind", "vehicleId", "digest"])
    .where("prefix", "=", prefix)
    .where("revokedAt", "is", null)
    .executeTakeFirst();
  if (!row || !tokenMatches(token, row.digest)) return undefined;
  const { organisationId, credentialId, vehicleId } = row;
  if (row.kind === "operator") {
    return { kind: "operator", organisationId, credentialId, principalId: credentialId, grants: EVERYTHING };
  }
  return vehicleId === null ? undefined : { kind: "vehicle", organisationId, credentialId, vehicleId };
}
