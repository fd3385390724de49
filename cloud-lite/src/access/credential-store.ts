import type { Selectable } from "kysely";
import { Type } from "typebox";
import { PageQuery, type AskedPage, type Listed } from "../db/cursor.ts";
import type { Database } from "../db/database.ts";
import { listPage, sortParameter, type Orders } from "../db/order.ts";
import { hasWords, wordsParameter } from "../db/words.ts";
import { Refusal } from "../refusals.ts";
import { issueToken, type IssuedToken } from "./store.ts";
import { visiblePart } from "./tokens.ts";
import type { Grant } from "./grants.ts";
import type { ApiKey, DeviceCredential } from "./schema.ts";
import type { AccessTables } from "./tables.ts";

export type CredentialRow = Selectable<AccessTables["credentials"]>;

/** Whose credentials are meant: the keys of a person, or the device tokens of a vehicle. */
export type Holder =
  | { readonly organisationId: string; readonly userId: string }
  | { readonly organisationId: string; readonly vehicleId: string };

const CREDENTIAL_ORDERS = {
  id: "credentialId",
  by: {
    createdAt: "id",
    label: { text: "label" },
    expiresAt: { number: "expiresAt" },
    lastUsedAt: { number: "lastUsedAt" },
  },
  first: "createdAt",
} as const satisfies Orders;

/** Of every list of keys or tokens. */
export const CredentialListQuery = Type.Object(
  { ...PageQuery, sort: sortParameter(CREDENTIAL_ORDERS), q: wordsParameter("the label", "nightly") },
  { additionalProperties: false },
);

/** Those that were revoked or are over included. @param filter `q`: words of the label */
export const listCredentials = (
  db: Database,
  holder: Holder,
  page: AskedPage,
  filter: { readonly q?: string },
): Promise<Listed<CredentialRow>> =>
  listPage(
    held(db, holder).$if(filter.q !== undefined, (q) => q.where(hasWords(["label"], filter.q!))),
    page,
    CREDENTIAL_ORDERS,
  );

/** A credential that is in use. @throws {Refusal} KEY_UNKNOWN */
export async function usableCredential(
  db: Database,
  holder: Holder,
  credentialId: string,
  at: number,
): Promise<CredentialRow> {
  const row = await held(db, holder).where("credentialId", "=", credentialId).executeTakeFirst();
  const isOver = row?.revokedAt !== null || (row.expiresAt !== null && row.expiresAt <= at);
  if (!row || isOver) throw new Refusal("KEY_UNKNOWN", { credentialId });
  return row;
}

/** From the next request on. */
export async function revokeCredential(
  tx: Database,
  { organisationId }: { readonly organisationId: string },
  credentialId: string,
  at: number,
): Promise<void> {
  await tx
    .updateTable("credentials")
    .set({ revokedAt: at })
    .where("organisationId", "=", organisationId)
    .where("credentialId", "=", credentialId)
    .where("revokedAt", "is", null)
    .execute();
}

/** A new token in place of an old one, for as long as that was made for; the old one goes on for `overlapMs`. */
export async function rotateCredential(
  tx: Database,
  old: CredentialRow,
  at: number,
  overlapMs: number,
): Promise<IssuedToken> {
  if (overlapMs === 0) await revokeCredential(tx, old, old.credentialId, at);
  else {
    await tx
      .updateTable("credentials")
      .set({ expiresAt: Math.min(at + overlapMs, old.expiresAt ?? Number.MAX_SAFE_INTEGER) })
      .where("organisationId", "=", old.organisationId)
      .where("credentialId", "=", old.credentialId)
      .execute();
  }
  return issueToken(tx, {
    organisationId: old.organisationId,
    kind: old.kind,
    label: old.label,
    vehicleId: old.vehicleId ?? undefined,
    userId: old.userId ?? undefined,
    grants: old.grants === null ? undefined : (JSON.parse(old.grants) as Grant[]),
    expiresAt: old.expiresAt === null ? undefined : at + (old.expiresAt - old.createdAt),
    at,
  });
}

/** Ends every device token of a vehicle, as when it is retired. @returns how many were in use */
export async function revokeDeviceTokens(
  tx: Database,
  organisationId: string,
  vehicleId: string,
  at: number,
): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable("credentials")
    .set({ revokedAt: at })
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .where("kind", "=", "device")
    .where("revokedAt", "is", null)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

const SESSION_KEPT_MS = 24 * 60 * 60 * 1000;

/** Forgets the sessions that ended a day ago; who opened them stays in the audit log. */
export async function forgetSessions(db: Database, at: number): Promise<void> {
  await db
    .deleteFrom("credentials")
    .where("kind", "=", "session")
    .where("expiresAt", "<", at - SESSION_KEPT_MS)
    .execute();
}

const held = (db: Database, holder: Holder) =>
  db
    .selectFrom("credentials")
    .selectAll()
    .where("organisationId", "=", holder.organisationId)
    .where("kind", "=", "userId" in holder ? "operator" : "device")
    .$if("userId" in holder, (q) => q.where("userId", "=", (holder as { userId: string }).userId))
    .$if("vehicleId" in holder, (q) =>
      q.where("vehicleId", "=", (holder as { vehicleId: string }).vehicleId),
    );

const lifeOf = (row: CredentialRow) => ({
  label: row.label,
  prefix: visiblePart(row.kind, row.prefix),
  createdAt: row.createdAt,
  ...(row.expiresAt === null ? {} : { expiresAt: row.expiresAt }),
  ...(row.lastUsedAt === null ? {} : { lastUsedAt: row.lastUsedAt }),
  ...(row.revokedAt === null ? {} : { revokedAt: row.revokedAt }),
});

export const keyView = (row: CredentialRow): ApiKey => ({
  credentialId: row.credentialId,
  userId: row.userId!,
  ...lifeOf(row),
  ...(row.grants === null ? {} : { grants: JSON.parse(row.grants) as Grant[] }),
});

export const deviceView = (row: CredentialRow): DeviceCredential => ({
  credentialId: row.credentialId,
  vehicleId: row.vehicleId!,
  ...lifeOf(row),
});
