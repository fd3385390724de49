import { createHash } from "node:crypto";
import type { Database } from "../db/database.ts";
import type { Work } from "../plugins/writes.ts";
import { Refusal } from "../refusals.ts";
import { putMembers } from "./members.ts";
import type { Vehicle, VehiclePatch } from "./schema.ts";

const FIELDS = ["vin", "model", "trim", "year", "region", "owner", "timeZone"] as const;
const LISTS = ["groups", "tags", "attributes"] as const;

/** What operators say of a vehicle, apart from what it reports of itself: an ETag over this is not stale by itself. */
const inventoryOf = (vehicle: Vehicle) => ({
  ...Object.fromEntries([...FIELDS, ...LISTS].map((name) => [name, vehicle[name]])),
  retiredAt: vehicle.retiredAt,
  ecus: vehicle.ecus.map(({ ecuId, name, hardwareId }) => [ecuId, name, hardwareId]),
});

const digestOf = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("base64url").slice(0, 16);

/** Two digests: of what operators say, which If-Match is about, and of the whole, which If-None-Match is about. */
export const vehicleEtag = (vehicle: Vehicle): string =>
  `W/"${digestOf(inventoryOf(vehicle))}.${digestOf(vehicle)}"`;

/**
 * Whether what operators say of a vehicle is still what the client has read.
 * @throws {Refusal} PRECONDITION_FAILED
 */
export function requireSameInventory(ifMatch: string | undefined, vehicle: Vehicle): void {
  if (ifMatch === undefined || ifMatch.trim() === "*") return;
  const etag = vehicleEtag(vehicle);
  const inventory = (tag: string): string => tag.trim().split(".")[0]!;
  if (ifMatch.split(",").some((tag) => inventory(tag) === inventory(etag))) return;
  throw new Refusal("PRECONDITION_FAILED", { etag });
}

/**
 * Changes what operators say of a vehicle. ECUs are named by id; what is left out stays, and null takes a field away.
 * @throws {Refusal} VIN_TAKEN, ECU_UNKNOWN
 */
export async function changeInventory(work: Work, vehicle: Vehicle, patch: VehiclePatch): Promise<void> {
  const { tx, organisationId } = work;
  const { vehicleId } = vehicle;
  const fields = Object.fromEntries(FIELDS.flatMap((name) => (name in patch ? [[name, patch[name]]] : [])));
  if (typeof patch.vin === "string") await refuseTakenVin(tx, organisationId, vehicleId, patch.vin);
  if (Object.keys(fields).length > 0) {
    await tx
      .updateTable("vehicles")
      .set(fields)
      .where("organisationId", "=", organisationId)
      .where("vehicleId", "=", vehicleId)
      .execute();
  }
  await putMembers(tx, organisationId, vehicleId, patch);
  for (const { ecuId, ...columns } of patch.ecus ?? []) {
    if (!vehicle.ecus.some((ecu) => ecu.ecuId === ecuId)) {
      throw new Refusal("ECU_UNKNOWN", { vehicleId, ecuId });
    }
    await tx
      .updateTable("ecus")
      .set(columns)
      .where("organisationId", "=", organisationId)
      .where("vehicleId", "=", vehicleId)
      .where("ecuId", "=", ecuId)
      .execute();
  }
}

async function refuseTakenVin(
  tx: Database,
  organisationId: string,
  vehicleId: string,
  vin: string,
): Promise<void> {
  const taken = await tx
    .selectFrom("vehicles")
    .select("vehicleId")
    .where("organisationId", "=", organisationId)
    .where("vin", "=", vin)
    .where("vehicleId", "!=", vehicleId)
    .executeTakeFirst();
  if (taken) throw new Refusal("VIN_TAKEN", { vin });
}

/** What of the inventory differs, for the audit log. */
export function changesOf(before: Vehicle, after: Vehicle): { before: object; after: object } {
  const names = [...FIELDS, ...LISTS, "ecus", "retiredAt"] as const;
  const changed = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  const of = (vehicle: Vehicle) =>
    Object.fromEntries(changed.map((name) => [name, name === "ecus" ? ecusOf(vehicle) : vehicle[name]]));
  return { before: of(before), after: of(after) };
}

const ecusOf = (vehicle: Vehicle) =>
  vehicle.ecus.map(({ ecuId, name, hardwareId }) => ({ ecuId, name, hardwareId }));
