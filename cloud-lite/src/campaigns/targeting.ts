import type { Database } from "../db/open.ts";
import { Refusal } from "../refusals.ts";
import type { CampaignTarget } from "./schema.ts";

/** Parameters in one SQL statement. */
const IDS_AT_ONCE = 500;

/**
 * The vehicles of a target, each once, in order of id.
 * @throws {Refusal} VEHICLE_UNKNOWN or VIN_UNKNOWN for the first one that is named and does not exist.
 */
export async function targetedVehicles(
  db: Database,
  organisationId: string,
  target: CampaignTarget,
): Promise<string[]> {
  if ("vehicleIds" in target) return named(db, organisationId, "vehicleId", target.vehicleIds);
  if ("vins" in target) return named(db, organisationId, "vin", target.vins);
  if ("groups" in target) {
    const rows = await db
      .selectFrom("vehicleGroups")
      .select("vehicleId")
      .distinct()
      .where("organisationId", "=", organisationId)
      .where("groupName", "in", target.groups)
      .orderBy("vehicleId")
      .execute();
    return rows.map((row) => row.vehicleId);
  }
  const rows = await db
    .selectFrom("vehicles")
    .select("vehicleId")
    .where("organisationId", "=", organisationId)
    .orderBy("vehicleId")
    .execute();
  return rows.map((row) => row.vehicleId);
}

async function named(
  db: Database,
  organisationId: string,
  column: "vehicleId" | "vin",
  names: readonly string[],
): Promise<string[]> {
  const found = new Map<string, string>();
  for (let from = 0; from < names.length; from += IDS_AT_ONCE) {
    const rows = await db
      .selectFrom("vehicles")
      .select(["vehicleId", "vin"])
      .where("organisationId", "=", organisationId)
      .where(column, "in", names.slice(from, from + IDS_AT_ONCE))
      .execute();
    for (const row of rows) found.set(column === "vin" ? row.vin! : row.vehicleId, row.vehicleId);
  }
  const missing = names.find((name) => !found.has(name));
  if (missing !== undefined) {
    throw column === "vin"
      ? new Refusal("VIN_UNKNOWN", { vin: missing })
      : new Refusal("VEHICLE_UNKNOWN", { vehicleId: missing });
  }
  return [...new Set(found.values())].sort();
}
