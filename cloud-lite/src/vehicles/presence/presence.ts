import type { Database } from "../../db/database.ts";
import type { Presence } from "../../mqtt/topics.ts";
import { noteHistory } from "../history/history.ts";

/** Stores that a vehicle came or went, and notes it in its history where that is news. */
export async function storePresence(
  db: Database,
  organisationId: string,
  vehicleId: string,
  presence: Presence,
  at: number,
): Promise<void> {
  const changed = await db
    .updateTable("vehicles")
    .set({ presence, presenceAt: at, lastSeenAt: at })
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .where((eb) => eb.or([eb("presence", "is", null), eb("presence", "!=", presence)]))
    .returning("vehicleId")
    .executeTakeFirst();
  if (changed) {
    await noteHistory(db, organisationId, at, [{ vehicleId, kind: "presence", detail: { presence } }]);
    return;
  }
  await db
    .updateTable("vehicles")
    .set({ lastSeenAt: at })
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .execute();
}
