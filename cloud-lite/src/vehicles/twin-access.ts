import { covers, scopesOf, type Permission } from "../access/grants.ts";
import type { Actor } from "../access/store.ts";
import type { Database } from "../db/open.ts";
import { Refusal } from "../refusals.ts";

/**
 * That a vehicle exists within the scopes in which the actor has the permission; outside of them it is unknown.
 * @throws {Refusal} VEHICLE_UNKNOWN
 */
export async function requireVehicle(
  db: Database,
  actor: Actor,
  vehicleId: string,
  permission: Permission,
): Promise<void> {
  const row = await db
    .selectFrom("vehicles")
    .select(["region", "model"])
    .where("organisationId", "=", actor.organisationId)
    .where("vehicleId", "=", vehicleId)
    .executeTakeFirst();
  const scopes = actor.kind === "operator" ? scopesOf(actor.grants, permission) : [];
  if (!row || !covers(scopes, row)) throw new Refusal("VEHICLE_UNKNOWN", { vehicleId });
}
