import { sql } from "kysely";
import { jsonRows } from "../../db/json-rows.ts";
import type { Database } from "../../db/database.ts";
import { kept } from "../../db/postgres-statements.ts";
import { inOneTransaction } from "../../db/transaction.ts";
import { withRoom, type VehicleName, type VehicleNumbers } from "./vehicle-numbers.ts";

/** When each vehicle was last heard of: kept in memory and written in batches, for it changes at every request. */
export interface LastSeen {
  /** @param vehicle by its number @param at UTC ms, not 0 */
  note(vehicle: number, at: number): void;
  /** Writes what has gathered; also called before the process ends. What fails is tried again next time. */
  flush(): Promise<void>;
  /** Flushes what is small at once, and what is large once a minute: of a busy fleet most would be written again soon. */
  flushIfDue(): Promise<void>;
}

interface Seen extends VehicleName {
  /** Its number. */
  readonly vehicle: number;
  readonly at: number;
}

/** Neighbours share pages, so many rows together are cheaper; fewer than would keep others waiting for long. */
const ROWS_AT_ONCE = 1000;
/** Vehicles that are written whenever it is looked. */
const SMALL = 2000;
const LARGE_EVERY_MS = 60_000;

export function createLastSeen(db: Database, numbers: VehicleNumbers): LastSeen {
  // By number of the vehicle; 0 where there is nothing to write.
  let seenAt = new Float64Array(1024);
  let waiting: number[] = [];
  const note = (vehicle: number, at: number): void => {
    seenAt = withRoom(seenAt, vehicle);
    if (seenAt[vehicle] === 0) waiting.push(vehicle);
    seenAt[vehicle] = at;
  };
  let lastFlush = 0;
  const take = (): Seen[] => {
    const seen = waiting.map((vehicle) => ({ vehicle, at: seenAt[vehicle]!, ...numbers.name(vehicle) }));
    for (const vehicle of waiting) seenAt[vehicle] = 0;
    waiting = [];
    // In the order of the table: what lies together is written together, and instances wait rather than cross.
    return seen.sort(inOrderOfTable);
  };
  const flush = async (): Promise<void> => {
    lastFlush = performance.now();
    const seen = take();
    for (let from = 0; from < seen.length; from += ROWS_AT_ONCE) {
      try {
        await store(db, seen.slice(from, from + ROWS_AT_ONCE));
      } catch (error) {
        for (const { vehicle, at } of seen.slice(from)) {
          if (seenAt[vehicle] === 0) note(vehicle, at);
        }
        throw error;
      }
    }
  };
  return {
    note,
    flush,
    async flushIfDue() {
      if (waiting.length <= SMALL || performance.now() - lastFlush >= LARGE_EVERY_MS) await flush();
    },
  };
}

const inOrderOfTable = (a: VehicleName, b: VehicleName): number =>
  a.organisationId === b.organisationId
    ? order(a.vehicleId, b.vehicleId)
    : order(a.organisationId, b.organisationId);
const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** A vehicle that another instance has heard of later keeps that time. */
async function store(db: Database, batch: readonly Seen[]): Promise<void> {
  const columns = { organisation_id: "text", vehicle_id: "text", at: "bigint" } as const;
  const rows = batch.map(({ organisationId, vehicleId, at }) => ({
    organisation_id: organisationId,
    vehicle_id: vehicleId,
    at,
  }));
  const update = sql`update vehicles set last_seen_at = seen.at from ${jsonRows(db, "seen", columns, rows)}
    where vehicles.organisation_id = seen.organisation_id and vehicles.vehicle_id = seen.vehicle_id
      and (last_seen_at is null or last_seen_at < seen.at)`.compile(db);
  await inOneTransaction(db, (tx) => tx.executeQuery(kept(db, update)));
}
