import { gather, type Tell } from "../db/gather.ts";
import { keyQuery } from "../db/key-query.ts";
import type { Database } from "../db/open.ts";
import { OPEN } from "../jobs/open.ts";
import type { Vehicle } from "./store.ts";
import { tokenMatches, tokenPrefix } from "./tokens.ts";

/** A vehicle that shows its token. */
export interface FoundDevice {
  readonly actor: Vehicle;
  /** Whether it has a job that has not ended; most of those that ask have none. */
  readonly hasOpenJob: boolean;
}

/** As SQL names it: this is read at every request of a vehicle. */
interface DeviceRow {
  readonly prefix: string;
  readonly digest: string;
  readonly organisation_id: string;
  readonly credential_id: string;
  readonly vehicle_id: string;
  readonly expires_at: number | null;
  readonly open_job: string | null;
}

export const isDeviceToken = (token: string): boolean => token.startsWith("hs_dv_");

/**
 * Finds vehicles by device token. All that ask in one turn of the event loop share a statement, and nothing is
 * remembered from one to the next: a token that was revoked, by whichever instance, opens nothing from then on.
 */
export function createDeviceFinder(db: Database, now: () => number) {
  const query = keyQuery<DeviceRow>(db, (isKey) =>
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
      .where("c.revokedAt", "is", null),
  );
  const find = gather(async (prefixes: readonly string[]) => {
    const rows = await query(prefixes);
    return new Map(rows.map((row) => [row.prefix, row]));
  });
  const deviceOf = (token: string, row: DeviceRow | undefined): FoundDevice | undefined => {
    if (row === undefined || !tokenMatches(token, row.digest)) return undefined;
    if (row.expires_at !== null && row.expires_at <= now()) return undefined;
    return {
      actor: {
        kind: "vehicle",
        organisationId: row.organisation_id,
        credentialId: row.credential_id,
        vehicleId: row.vehicle_id,
      },
      hasOpenJob: row.open_job !== null,
    };
  };
  return (token: string, tell: Tell<FoundDevice>): void => {
    const prefix = tokenPrefix(token);
    if (prefix === undefined) return tell(undefined, undefined);
    find(prefix, (error, row) => tell(error, error ? undefined : deviceOf(token, row)));
  };
}
