import type { Database } from "../db/database.ts";
import { Refusal } from "../refusals.ts";
import { EVERYTHING } from "./grants.ts";
import { issueToken, type IssuedToken } from "./store.ts";
import { findUserNamed, insertUser } from "./user-store.ts";

/** The first user of a cloud. */
export const ADMIN = "admin";

/**
 * An operator key of a user that has no end and may what its user may; for whoever has the database in his hands.
 * The first user is made where there is none yet.
 * @throws {Refusal} USER_UNKNOWN
 */
export async function issueOperatorKey(
  tx: Database,
  given: { organisationId: string; name: string; label: string; at: number },
): Promise<IssuedToken> {
  const { organisationId, name, label, at } = given;
  const found = await findUserNamed(tx, organisationId, name);
  if (!found && name !== ADMIN) throw new Refusal("USER_UNKNOWN", { user: name });
  const { userId } = found ?? (await insertUser(tx, organisationId, at, { name, grants: EVERYTHING }));
  return issueToken(tx, { organisationId, kind: "operator", label, userId, at });
}
