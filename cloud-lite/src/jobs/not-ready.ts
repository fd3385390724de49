import type { Database } from "../db/database.ts";
import { isOneOf } from "../db/one-of.ts";
import { OPEN } from "./open.ts";

/** So long a vehicle is taken at its word. */
const BELIEVED_MS = 10 * 60_000;

/**
 * C10: vehicles whose last job ended just now while they waited for what the safety policy demands: they get no other
 * one in the same moment.
 */
export async function vehiclesNotReady(
  db: Database,
  organisationId: string,
  vehicleIds: readonly string[],
  at: number,
): Promise<Set<string>> {
  const rows = await db
    .selectFrom("jobs")
    .select("vehicleId")
    .where("organisationId", "=", organisationId)
    .where(isOneOf(db, "vehicleId", vehicleIds))
    .where("status", "not in", OPEN)
    .where("blockedBy", "is not", null)
    .where("heardAt", ">", at - BELIEVED_MS)
    .execute();
  return new Set(rows.map((row) => row.vehicleId));
}
