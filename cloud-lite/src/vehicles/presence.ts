import type { Database } from "../db/open.ts";
import type { Presence } from "../mqtt/topics.ts";

export async function storePresence(
  db: Database,
  organisationId: string,
  vehicleId: string,
  presence: Presence,
  at: number,
): Promise<void> {
  await db
    .updateTable("vehicles")
    .set({ presence, lastSeenAt: at })
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .execute();
}
