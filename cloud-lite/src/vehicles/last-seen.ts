import { sql } from "kysely";
import type { Database } from "../db/open.ts";
import { inOneTransaction } from "../db/transaction.ts";

/** When each vehicle was last heard of: kept in memory and written in batches, for it changes at every request. */
export interface LastSeen {
  note(organisationId: string, vehicleId: string, at: number): void;
  /** Writes what has gathered; also called before the process ends. What fails is tried again next time. */
  flush(): Promise<void>;
}

interface Seen {
  readonly organisationId: string;
  readonly vehicleId: string;
  readonly at: number;
}

const ROWS_AT_ONCE = 500;

export function createLastSeen(db: Database): LastSeen {
  let seen = new Map<string, Seen>();
  const keyOf = ({ organisationId, vehicleId }: Seen): string => `${organisationId}/${vehicleId}`;
  return {
    note(organisationId, vehicleId, at) {
      const one = { organisationId, vehicleId, at };
      seen.set(keyOf(one), one);
    },
    async flush() {
      const batch = [...seen.values()];
      seen = new Map();
      for (let from = 0; from < batch.length; from += ROWS_AT_ONCE) {
        try {
          await store(db, batch.slice(from, from + ROWS_AT_ONCE));
        } catch (error) {
          for (const one of batch.slice(from)) if (!seen.has(keyOf(one))) seen.set(keyOf(one), one);
          throw error;
        }
      }
    },
  };
}

/** In one statement; a vehicle that another instance has heard of later keeps that time. */
async function store(db: Database, rows: readonly Seen[]): Promise<void> {
  const values = rows.map(
    ({ organisationId, vehicleId, at }) => sql`(${organisationId}, ${vehicleId}, cast(${at} as bigint))`,
  );
  // `column1` is what both engines call the first column of VALUES.
  await inOneTransaction(db, (tx) =>
    sql`update vehicles set last_seen_at = seen.column3 from (values ${sql.join(values)}) as seen
      where organisation_id = seen.column1 and vehicle_id = seen.column2
        and (last_seen_at is null or last_seen_at < seen.column3)`.execute(tx),
  );
}
