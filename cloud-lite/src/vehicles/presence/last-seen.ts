import { sql, type CompiledQuery } from "kysely";
import type { Database } from "../../db/open.ts";
import { inOneTransaction } from "../../db/transaction.ts";

/** When each vehicle was last heard of: kept in memory and written in batches, for it changes at every request. */
export interface LastSeen {
  note(organisationId: string, vehicleId: string, at: number): void;
  /** Writes what has gathered; also called before the process ends. What fails is tried again next time. */
  flush(): Promise<void>;
  /** Flushes what is small at once, and what is large once a minute: of a busy fleet most would be written again soon. */
  flushIfDue(): Promise<void>;
}

/** Vehicles of one organisation with the time of each, UTC ms. */
type Seen = Map<string, number>;

/** Neighbours share pages, so many rows together are cheaper; fewer than would keep others waiting for long. */
const ROWS_AT_ONCE = 1000;
/** Vehicles that are written whenever it is looked. */
const SMALL = 2000;
const LARGE_EVERY_MS = 60_000;

export function createLastSeen(db: Database): LastSeen {
  let seen = new Map<string, Seen>();
  const note = (organisationId: string, vehicleId: string, at: number): void => {
    let vehicles = seen.get(organisationId);
    if (!vehicles) seen.set(organisationId, (vehicles = new Map()));
    vehicles.set(vehicleId, at);
  };
  let lastFlush = 0;
  const flush = async (): Promise<void> => {
    lastFlush = performance.now();
    const batch = seen;
    seen = new Map();
    for (const [organisationId, vehicles] of batch) {
      // In the order of the table: what lies together is written together, and instances wait rather than cross.
      const rows = [...vehicles].sort(([a], [b]) => (a < b ? -1 : 1));
      for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
        try {
          await store(db, organisationId, rows.slice(from, from + ROWS_AT_ONCE));
        } catch (error) {
          for (const [vehicleId, at] of rows.slice(from)) {
            if (!seen.get(organisationId)?.has(vehicleId)) note(organisationId, vehicleId, at);
          }
          throw error;
        }
      }
    }
  };
  return {
    note,
    flush,
    async flushIfDue() {
      const vehicles = [...seen.values()].reduce((sum, { size }) => sum + size, 0);
      if (vehicles <= SMALL || performance.now() - lastFlush >= LARGE_EVERY_MS) await flush();
    },
  };
}

/** A vehicle that another instance has heard of later keeps that time. */
async function store(
  db: Database,
  organisationId: string,
  rows: readonly (readonly [vehicleId: string, at: number])[],
): Promise<void> {
  const query = rows.length === ROWS_AT_ONCE ? fullUpdate(db) : updateOf(db, rows.length);
  const parameters = rows.flatMap(([vehicleId, at]) => [organisationId, vehicleId, at]);
  await inOneTransaction(db, (tx) => tx.executeQuery({ ...query, parameters }));
}

/** The statement for so many rows; its parameters are organisation, vehicle and time of each. */
function updateOf(db: Database, rows: number): CompiledQuery {
  const row = sql`(${""}, ${""}, cast(${0} as bigint))`;
  const values = sql.join(Array.from({ length: rows }, () => row));
  // `column1` is what both engines call the first column of VALUES.
  return sql`update vehicles set last_seen_at = seen.column3 from (values ${values}) as seen
    where organisation_id = seen.column1 and vehicle_id = seen.column2
      and (last_seen_at is null or last_seen_at < seen.column3)`.compile(db);
}

/** Kept, for to make the text of a statement of this length costs more than to run it. */
const fullUpdates = new WeakMap<Database, CompiledQuery>();
function fullUpdate(db: Database): CompiledQuery {
  const found = fullUpdates.get(db);
  if (found) return found;
  const made = updateOf(db, ROWS_AT_ONCE);
  fullUpdates.set(db, made);
  return made;
}
