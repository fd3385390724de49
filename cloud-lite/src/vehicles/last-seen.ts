import type { Database } from "../db/open.ts";

/** When each vehicle was last heard of: kept in memory and written in batches, for it changes at every request. */
export interface LastSeen {
  note(organisationId: string, vehicleId: string, at: number): void;
  /** Writes what has gathered; also called before the process ends. */
  flush(): Promise<void>;
}

export function createLastSeen(db: Database): LastSeen {
  let seen = new Map<string, { organisationId: string; vehicleId: string; at: number }>();
  return {
    note(organisationId, vehicleId, at) {
      seen.set(`${organisationId}/${vehicleId}`, { organisationId, vehicleId, at });
    },
    async flush() {
      if (seen.size === 0) return;
      const batch = seen;
      seen = new Map();
      await db.transaction().execute(async (tx) => {
        for (const { organisationId, vehicleId, at } of batch.values()) {
          await tx
            .updateTable("vehicles")
            .set({ lastSeenAt: at })
            .where("organisationId", "=", organisationId)
            .where("vehicleId", "=", vehicleId)
            .execute();
        }
      });
    },
  };
}
