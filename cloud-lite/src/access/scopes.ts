import { Refusal } from "../refusals.ts";
import { covers, scopesOf, type Located, type Permission } from "./grants.ts";
import type { Actor } from "./store.ts";

/**
 * Whether an operator's permission reaches a vehicle: call it for each one of a bulk call, too. Who may not even read
 * the vehicle is told what someone is told who asks for one that does not exist.
 * @throws {Refusal} VEHICLE_UNKNOWN, OUTSIDE_SCOPE or OPERATOR_REQUIRED
 */
export function requireCovers(
  actor: Actor,
  permission: Permission,
  vehicle: Located & { readonly vehicleId: string },
): void {
  if (actor.kind !== "operator") throw new Refusal("OPERATOR_REQUIRED");
  const { vehicleId } = vehicle;
  if (!covers(scopesOf(actor.grants, "fleet.read"), vehicle)) {
    throw new Refusal("VEHICLE_UNKNOWN", { vehicleId });
  }
  if (!covers(scopesOf(actor.grants, permission), vehicle)) {
    throw new Refusal("OUTSIDE_SCOPE", { vehicleId, permission });
  }
}
