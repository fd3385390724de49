import { v7 as uuidv7 } from "uuid";
import type { VersionManifest } from "@halfshaft/ota-format";
import type { Database } from "../db/open.ts";

/**
 * Stores what a vehicle says about itself and believes it: also an older version, for someone may have flashed an
 * ECU by other means. ECUs that the vehicle was not built with are kept in the manifest alone.
 */
export async function storeManifest(
  tx: Database,
  organisationId: string,
  vehicleId: string,
  at: number,
  manifest: VersionManifest,
): Promise<void> {
  await tx
    .insertInto("versionManifests")
    .values({
      organisationId,
      manifestId: uuidv7(),
      vehicleId,
      receivedAt: at,
      body: JSON.stringify(manifest),
    })
    .execute();
  for (const ecu of manifest.ecus) {
    const bootState = ecu.bootState;
    // An ECU that could not be asked keeps what it said last.
    const reported =
      ecu.version === undefined && ecu.imageSha256 === undefined
        ? { bootState }
        : {
            bootState,
            version: ecu.version ?? null,
            imageSha256: ecu.imageSha256 ?? null,
            releaseCounter: ecu.releaseCounter ?? null,
            activeBank: ecu.activeBank ?? null,
            reportedAt: at,
          };
    await tx
      .updateTable("ecus")
      .set(reported)
      .where("organisationId", "=", organisationId)
      .where("vehicleId", "=", vehicleId)
      .where("ecuId", "=", ecu.ecuId)
      .execute();
  }
  await tx
    .updateTable("vehicles")
    .set({ manifestAt: at })
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .execute();
}
