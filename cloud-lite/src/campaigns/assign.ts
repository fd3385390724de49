import type { Work } from "../plugins/writes.ts";
import { getRelease } from "../releases/store.ts";
import { ecusOf, type EcuRow } from "../vehicles/store.ts";
import { previousSoftware } from "./previous-software.ts";
import { assignImages, type Assignment } from "./rules.ts";
import type { SkipReason } from "./schema.ts";
import type { CampaignRow } from "./store.ts";

/** What a vehicle gets: images for its ECUs, and of which release. */
export interface VehicleAssignment {
  readonly releaseId: string;
  readonly assignments: readonly Assignment<EcuRow>[];
}

/** How many vehicles get nothing, by reason. */
export type Skipped = Partial<Record<SkipReason, number>>;

/** Adds vehicles that get nothing to those of before. */
export function withSkipped(before: Skipped, more: ReadonlyMap<string, SkipReason>): Skipped {
  const sum = { ...before };
  for (const reason of more.values()) sum[reason] = (sum[reason] ?? 0) + 1;
  return sum;
}

/** What each of these vehicles gets from a campaign now, or why it gets nothing. */
export async function assignSoftware(
  work: Pick<Work, "tx" | "organisationId">,
  campaign: Pick<CampaignRow, "releaseId" | "revertsCampaignId">,
  vehicleIds: readonly string[],
): Promise<{ assigned: Map<string, VehicleAssignment>; skipped: Map<string, SkipReason> }> {
  const { tx, organisationId } = work;
  const { releaseId, revertsCampaignId } = campaign;
  const assigned = new Map<string, VehicleAssignment>();
  const skipped = new Map<string, SkipReason>();
  if (vehicleIds.length === 0) return { assigned, skipped };
  const held = await heldOf(work, vehicleIds);
  const ecus = Map.groupBy(await ecusOf(tx, organisationId, vehicleIds), (ecu) => ecu.vehicleId);
  const { images } = await getRelease(tx, organisationId, releaseId);
  const previous =
    revertsCampaignId === null
      ? undefined
      : await previousSoftware(tx, organisationId, revertsCampaignId, vehicleIds);
  for (const vehicleId of vehicleIds) {
    const own = ecus.get(vehicleId) ?? [];
    const result = previous ? previous(vehicleId, own) : { releaseId, ...assignImages(own, images) };
    if (held.has(vehicleId)) skipped.set(vehicleId, "held");
    else if ("skip" in result) skipped.set(vehicleId, result.skip);
    else assigned.set(vehicleId, result);
  }
  return { assigned, skipped };
}

/** Somebody must look at these vehicles before they get anything. */
async function heldOf(
  { tx, organisationId }: Pick<Work, "tx" | "organisationId">,
  vehicleIds: readonly string[],
): Promise<Set<string>> {
  const rows = await tx
    .selectFrom("vehicles")
    .select("vehicleId")
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "in", vehicleIds)
    .where("heldReason", "is not", null)
    .execute();
  return new Set(rows.map((row) => row.vehicleId));
}
