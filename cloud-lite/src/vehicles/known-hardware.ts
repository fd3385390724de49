import type { Database } from "../db/database.ts";
import { Refusal } from "../refusals.ts";

/**
 * Refuses an ECU whose hardware is not registered: a mistyped hardware id would keep it from every release.
 * @throws {Refusal} ECU_HARDWARE_UNKNOWN for the first one
 */
export async function requireKnownHardware(
  db: Database,
  organisationId: string,
  ecus: readonly { readonly ecuId: string; readonly hardwareId?: string }[],
): Promise<void> {
  const asked = ecus.flatMap(({ hardwareId }) => hardwareId ?? []);
  if (asked.length === 0) return;
  const rows = await db
    .selectFrom("hardware")
    .select("hardwareId")
    .where("organisationId", "=", organisationId)
    .where("hardwareId", "in", [...new Set(asked)])
    .execute();
  const known = new Set(rows.map((row) => row.hardwareId));
  for (const { ecuId, hardwareId } of ecus) {
    if (hardwareId !== undefined && !known.has(hardwareId)) {
      throw new Refusal("ECU_HARDWARE_UNKNOWN", { ecuId, hardwareId });
    }
  }
}
