import { sql, type SqlBool } from "kysely";
import { onPostgres } from "../db/engine.ts";
import { fixedStatement, slot } from "../db/fixed-statement.ts";
import type { Database } from "../db/database.ts";
import { kept } from "../db/postgres-statements.ts";
import type { VehicleName } from "../vehicles/presence/vehicle-numbers.ts";
import { selectDevices, type DeviceRow } from "./device-rows.ts";

/** What a look at the database tells of device tokens, all of it as of one snapshot. */
export interface DeviceNews {
  /** Of what this look saw; the next one tells what was committed since. */
  readonly snapshot: string;
  /** Another one where the server took over from another, or has started anew: it may count transactions again. */
  readonly server: string;
  /** Seconds of the server's clock. */
  readonly at: number;
  /** Vehicles of which something was committed since the last look; null where they are too many to name. */
  readonly changed: readonly VehicleName[] | null;
  /** Of the prefixes that were asked. */
  readonly rows: readonly DeviceRow[];
}

/** @param since the snapshot of the last look; null for none: then nothing has changed */
export type LookForNews = (since: string | null, prefixes: readonly string[]) => Promise<DeviceNews>;

const MOST_NAMED = 2000;

/**
 * Looks in PostgreSQL. A change is noted with the number of its transaction, and is news where the last snapshot did
 * not see that transaction and this one does (PostgreSQL 15, 9.27, "Transaction ID and Snapshot Information
 * Functions"): transactions that commit in another order than they began are told too, each of them once.
 */
export function lookInPostgres(db: Database): LookForNews {
  const since = sql`${slot("since")}::pg_snapshot`;
  // In a select of their own: a plan that does not see their number is good for any, and made once.
  const devices = selectDevices(
    db,
    (column) => sql<SqlBool>`${sql.ref(column)} = any((select ${slot("prefixes")}::text[])::text[])`,
  );
  // A server resets its statistics where it starts anew after a crash (PostgreSQL 15, 28.2.1); it may then give a
  // transaction a number that one had which left no trace. The upper bound leaves out what a backup brought from a server
  // that had counted further.
  const news = sql`select
      pg_current_snapshot()::text as snapshot,
      concat_ws(' ', pg_postmaster_start_time(), (select stats_reset from pg_stat_bgwriter)) as server,
      extract(epoch from now()) as at,
      (select json_agg(json_build_object('organisationId', organisation_id, 'vehicleId', vehicle_id)) from (
        select organisation_id, vehicle_id from device_changes
        where transaction_id >= pg_snapshot_xmin(${since})
          and transaction_id < pg_snapshot_xmax(pg_current_snapshot())
          and not pg_visible_in_snapshot(transaction_id, ${since})
        limit ${sql.lit(MOST_NAMED + 1)}
      ) as news) as changed,
      (select json_agg(found) from (${devices}) as found) as rows`;
  const look = fixedStatement<LookRow>(db, kept(db, news.compile(db)));
  return async (last, prefixes) => {
    const [row] = (await look({ since: last, prefixes })) as [LookRow];
    const changed = row.changed ?? [];
    return {
      snapshot: row.snapshot,
      server: row.server,
      at: row.at,
      changed: changed.length > MOST_NAMED ? null : changed,
      rows: row.rows ?? [],
    };
  };
}

interface LookRow {
  readonly snapshot: string;
  readonly server: string;
  readonly at: number;
  readonly changed: readonly VehicleName[] | null;
  readonly rows: readonly DeviceRow[] | null;
}

/** Far longer than an instance remembers without a look, and than a transaction may take. */
const NEWS_KEPT_MINUTES = 60;

/** Forgets changes that every instance has either read or need not read any more. */
export async function forgetDeviceChanges(db: Database): Promise<void> {
  if (!onPostgres(db)) return;
  await sql`delete from device_changes
    where at < clock_timestamp() - make_interval(mins => ${sql.lit(NEWS_KEPT_MINUTES)})`.execute(db);
}
