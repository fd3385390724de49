import { imageTargetName } from "@halfshaft/ota-format/trust";
import type { Scope } from "../../access/grants.ts";
import type { Database } from "../../db/database.ts";
import type { InventoryEntry } from "./inventory-rules.ts";
import { inScope, isUnbounded } from "../scope.ts";
import { ecusOf, type EcuRow } from "../store.ts";

/** Vehicles that are read at once. */
const VEHICLES_AT_ONCE = 200;

/** The software of every vehicle within the scopes, in order of vehicle id; as many as are asked for are in memory. */
export async function* fleetInventory(
  db: Database,
  organisationId: string,
  scopes: readonly Scope[],
  rxswin?: string,
): AsyncGenerator<InventoryEntry> {
  let after = "";
  for (;;) {
    const rows = await db
      .selectFrom("vehicles as v")
      .select(["v.vehicleId", "v.vin"])
      .where("v.organisationId", "=", organisationId)
      .where("v.vehicleId", ">", after)
      .$if(!isUnbounded(scopes), (q) => q.where((eb) => inScope(eb, scopes)))
      .orderBy("v.vehicleId")
      .limit(VEHICLES_AT_ONCE)
      .execute();
    const last = rows.at(-1);
    if (!last) return;
    for (const entry of await inventoryOf(db, organisationId, rows)) {
      if (rxswin === undefined || entry.rxswin.includes(rxswin)) yield entry;
    }
    after = last.vehicleId;
  }
}

/** The software of these vehicles as it is known now, ECU by ECU. */
export async function inventoryOf(
  db: Database,
  organisationId: string,
  vehicles: readonly { readonly vehicleId: string; readonly vin: string | null }[],
): Promise<InventoryEntry[]> {
  const ids = vehicles.map(({ vehicleId }) => vehicleId);
  const ecus = await ecusOf(db, organisationId, ids);
  const images = await releasedImages(db, organisationId, ecus);
  const updates = await lastUpdates(db, organisationId, ids);
  const byVehicle = Map.groupBy(ecus, ({ vehicleId }) => vehicleId);
  return vehicles.flatMap(({ vehicleId, vin }) =>
    (byVehicle.get(vehicleId) ?? []).map((ecu) => {
      const update = updates.get(`${vehicleId} ${ecu.ecuId}`);
      // A job's software that was replaced by other means since is not what runs.
      const by = update?.sha256 === ecu.imageSha256 ? update : undefined;
      const alike = images.get(`${ecu.hardwareId} ${ecu.imageSha256}`) ?? [];
      const image = alike.find(({ releaseId }) => releaseId === by?.releaseId) ?? alike[0];
      const { ecuId, name, hardwareId, hardwareRevision, version, imageSha256: sha256 } = ecu;
      return {
        vehicleId,
        vin,
        rxswin: image ? (JSON.parse(image.rxswin) as string[]) : [],
        ecuId,
        name,
        hardwareId,
        hardwareRevision,
        softwareId: image ? imageTargetName(hardwareId, image.version) : null,
        version,
        sha256,
        source: sourceOf(ecu, by !== undefined),
        installedAt: ecu.softwareAt,
        releaseId: image?.releaseId ?? null,
        release: image?.name ?? null,
        campaignId: by?.campaignId ?? null,
        jobId: by?.jobId ?? null,
        approvedBy: by?.approverId ?? null,
        approvedAt: by?.approvedAt ?? null,
      };
    }),
  );
}

function sourceOf(ecu: EcuRow, byUpdate: boolean): InventoryEntry["source"] {
  if (byUpdate) return "update";
  if (ecu.version === null && ecu.imageSha256 === null) return "unknown";
  const isAsBuilt =
    ecu.builtSha256 === null ? ecu.builtVersion === ecu.version : ecu.builtSha256 === ecu.imageSha256;
  return isAsBuilt ? "built" : "other";
}

/** By hardware id and digest; several releases may have the same bytes, the first published comes first. */
async function releasedImages(db: Database, organisationId: string, ecus: readonly EcuRow[]) {
  const digests = [...new Set(ecus.flatMap(({ imageSha256 }) => imageSha256 ?? []))];
  if (digests.length === 0) return new Map<string, never[]>();
  const rows = await db
    .selectFrom("images as i")
    .innerJoin("releases as r", (join) =>
      join.onRef("r.organisationId", "=", "i.organisationId").onRef("r.releaseId", "=", "i.releaseId"),
    )
    .select(["i.hardwareId", "i.sha256", "i.version", "r.releaseId", "r.name", "r.rxswin"])
    .where("i.organisationId", "=", organisationId)
    .where("i.sha256", "in", digests)
    .where("i.published", "=", 1)
    .orderBy("i.imageId")
    .execute();
  return Map.groupBy(rows, ({ hardwareId, sha256 }) => `${hardwareId} ${sha256}`);
}

/** The last job that succeeded on each ECU, with who approved its campaign. */
async function lastUpdates(db: Database, organisationId: string, vehicleIds: readonly string[]) {
  const rows = await db
    .selectFrom("jobs as j")
    .innerJoin("jobEcus as e", (join) =>
      join.onRef("e.organisationId", "=", "j.organisationId").onRef("e.jobId", "=", "j.jobId"),
    )
    .innerJoin("campaigns as c", (join) =>
      join.onRef("c.organisationId", "=", "j.organisationId").onRef("c.campaignId", "=", "j.campaignId"),
    )
    .select([
      "j.vehicleId",
      "e.ecuId",
      "e.sha256",
      "j.jobId",
      "j.releaseId",
      "j.campaignId",
      "c.approverId",
      "c.approvedAt",
    ])
    .where("j.organisationId", "=", organisationId)
    .where("j.vehicleId", "in", vehicleIds)
    .where("j.status", "=", "succeeded")
    .orderBy("j.endedAt")
    .orderBy("j.jobId")
    .execute();
  return new Map(rows.map((row) => [`${row.vehicleId} ${row.ecuId}`, row]));
}
