import type { Expression, SqlBool } from "kysely";
import type { Database } from "../db/database.ts";
import { OPEN } from "../jobs/open.ts";
import type { VehicleNumbers } from "../vehicles/presence/vehicle-numbers.ts";
import type { Vehicle } from "./store.ts";

/** A vehicle that has a token which was not revoked. */
export interface Device {
  readonly actor: Vehicle;
  /** Its number. */
  readonly vehicle: number;
  /** Whether it has a job that has not ended; most of those that ask have none. */
  readonly hasOpenJob: boolean;
  /** Of the token. */
  readonly digest: string;
  /** UTC ms; null: never. */
  readonly expiresAt: number | null;
}

/** As SQL names it: this is read at every request of a vehicle. */
export interface DeviceRow {
  readonly prefix: string;
  readonly digest: string;
  readonly organisation_id: string;
  readonly credential_id: string;
  readonly vehicle_id: string;
  readonly expires_at: number | null;
  readonly open_job: string | null;
}

/** @param isKey the condition that a column is one of the prefixes */
export const selectDevices = (db: Database, isKey: (column: string) => Expression<SqlBool>) =>
  db
    .selectFrom("credentials as c")
    .select(["c.prefix", "c.digest", "c.organisationId", "c.credentialId", "c.vehicleId", "c.expiresAt"])
    .select((eb) =>
      eb
        .selectFrom("jobs as j")
        .select("j.jobId")
        .whereRef("j.organisationId", "=", "c.organisationId")
        .whereRef("j.vehicleId", "=", "c.vehicleId")
        .where("j.status", "in", OPEN)
        .limit(1)
        .as("openJob"),
    )
    .where(isKey("c.prefix"))
    // Only device tokens have a vehicle. A condition on their kind would have SQLite walk an index of that.
    .where("c.vehicleId", "is not", null)
    .where("c.revokedAt", "is", null);

export function deviceOfRow(row: DeviceRow, numbers: VehicleNumbers): Device {
  const vehicle = numbers.of(row.organisation_id, row.vehicle_id);
  return {
    // The names that are kept already, in place of those that came with the row.
    actor: { kind: "vehicle", credentialId: row.credential_id, ...numbers.name(vehicle) },
    vehicle,
    hasOpenJob: row.open_job !== null,
    digest: row.digest,
    expiresAt: row.expires_at,
  };
}
