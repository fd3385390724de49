import type { Database } from "../db/database.ts";
import { vehiclesNotReady } from "./not-ready.ts";
import { waitingFor } from "./offer-rules.ts";
import type { WaitingReason } from "./schema.ts";
import { openJobsWithCampaigns, type JobRow } from "./store.ts";

/** What each of the queued jobs waits for, where it is more than for its vehicle to ask. */
export async function waitingReasons(
  db: Database,
  organisationId: string,
  jobs: readonly JobRow[],
  at: number,
): Promise<Map<string, WaitingReason>> {
  const reasons = new Map<string, WaitingReason>();
  const queued = jobs.filter(({ status }) => status === "queued");
  if (queued.length === 0) return reasons;
  const vehicleIds = [...new Set(queued.map(({ vehicleId }) => vehicleId))];
  const open = Map.groupBy(
    await openJobsWithCampaigns(db, organisationId, vehicleIds),
    (job) => job.vehicleId,
  );
  const vehicles = await db
    .selectFrom("vehicles")
    .select(["vehicleId", "heldReason", "retiredAt"])
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "in", vehicleIds)
    .execute();
  const notReady = await vehiclesNotReady(db, organisationId, vehicleIds, at);
  const states = new Map(
    vehicles.map(({ vehicleId, heldReason, retiredAt }) => [
      vehicleId,
      {
        held: heldReason !== null,
        retired: retiredAt !== null,
        notReady: notReady.has(vehicleId),
      },
    ]),
  );
  for (const { jobId, vehicleId } of queued) {
    const own = open.get(vehicleId) ?? [];
    const job = own.find((candidate) => candidate.jobId === jobId);
    const reason = job && waitingFor(job, own, states.get(vehicleId)!, at);
    if (reason) reasons.set(jobId, reason);
  }
  return reasons;
}
