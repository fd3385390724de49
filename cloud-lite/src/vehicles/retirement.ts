import { revokeDeviceTokens } from "../access/credential-store.ts";
import type { Work } from "../plugins/writes.ts";
import { Refusal } from "../refusals.ts";
import type { Vehicle } from "./schema.ts";

/**
 * Takes a vehicle out of use and keeps its history: it is selected by nothing, its tokens open nothing any more, and
 * what it has not begun is taken back. What it has begun ends by its own report, or by its silence.
 */
export async function retireVehicle(work: Work, { vehicleId }: Vehicle): Promise<void> {
  const { tx, organisationId, at } = work;
  await setRetired(work, vehicleId, at);
  await revokeDeviceTokens(tx, organisationId, vehicleId, at);
  const withdrawn = await tx
    .updateTable("jobs")
    .set({ status: "expired", withdrawnAt: at, endedAt: at, turn: null })
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .where("status", "in", ["queued", "offered"])
    .returning(["jobId", "campaignId"])
    .execute();
  if (withdrawn.length === 0) return;
  await work.audit({
    action: "jobs.withdrawn",
    subjectKind: "vehicle",
    subjectId: vehicleId,
    payload: { jobs: withdrawn },
  });
}

/** Brings a vehicle back into use. Its old tokens stay revoked: issue a new one. */
export const restoreVehicle = (work: Work, { vehicleId }: Vehicle): Promise<void> =>
  setRetired(work, vehicleId, null);

async function setRetired(work: Work, vehicleId: string, retiredAt: number | null): Promise<void> {
  await work.tx
    .updateTable("vehicles")
    .set({ retiredAt, presence: null })
    .where("organisationId", "=", work.organisationId)
    .where("vehicleId", "=", vehicleId)
    .execute();
}

/** @throws {Refusal} VEHICLE_RETIRED */
export function requireInUse({ vehicleId, retiredAt }: Vehicle): void {
  if (retiredAt !== undefined) throw new Refusal("VEHICLE_RETIRED", { vehicleId });
}
