import type { Permission } from "../../access/grants.ts";
import { requireCovers } from "../../access/scopes.ts";
import type { Actor } from "../../access/store.ts";
import type { Database } from "../../db/database.ts";
import { Refusal } from "../../refusals.ts";

/**
 * That a vehicle exists within the scopes in which the actor has the permission; where he may not even read it, it is
 * unknown.
 * @throws {Refusal} VEHICLE_UNKNOWN or OUTSIDE_SCOPE
 */
export async function requireVehicle(
  db: Database,
  actor: Actor,
  vehicleId: string,
  permission: Permission,
): Promise<void> {
  const row = await db
    .selectFrom("vehicles")
    .select(["vehicleId", "region", "model"])
    .where("organisationId", "=", actor.organisationId)
    .where("vehicleId", "=", vehicleId)
    .executeTakeFirst();
  if (!row) throw new Refusal("VEHICLE_UNKNOWN", { vehicleId });
  requireCovers(actor, permission, row);
}
