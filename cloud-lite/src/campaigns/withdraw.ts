import type { Cloud } from "../cloud.ts";
import type { Work } from "../plugins/writes.ts";
import type { Database } from "../db/database.ts";
import type { CampaignRow } from "./store.ts";

const JOBS_AT_ONCE = 500;

/**
 * Takes back offers that no vehicle has begun, some hundred at a time; what has begun goes on, for the vehicle
 * decides. Their vehicles are woken, so that one that still waits for its driver learns of it.
 * @returns whether there may be more
 */
export async function withdrawOffers(cloud: Cloud, work: Work, campaign: CampaignRow): Promise<boolean> {
  const { tx, organisationId, at } = work;
  const { campaignId } = campaign;
  const waiting = await tx
    .selectFrom("jobs")
    .select("jobId")
    .where("organisationId", "=", organisationId)
    .where("campaignId", "=", campaignId)
    .where("status", "in", ["queued", "offered"])
    .limit(JOBS_AT_ONCE)
    .execute();
  if (waiting.length === 0) {
    await wakeUndecided(cloud, work, campaign);
    return false;
  }
  // A vehicle may have begun meanwhile.
  const withdrawn = await tx
    .updateTable("jobs")
    .set({ status: "expired", withdrawnAt: at, endedAt: at, turn: null })
    .where("organisationId", "=", organisationId)
    .where(
      "jobId",
      "in",
      waiting.map(({ jobId }) => jobId),
    )
    .where("status", "in", ["queued", "offered"])
    .returning(["jobId", "vehicleId"])
    .execute();
  await work.audit(
    {
      action: "jobs.withdrawn",
      subjectKind: "campaign",
      subjectId: campaignId,
      payload: { jobs: withdrawn.map(({ jobId, vehicleId }) => ({ jobId, vehicleId })) },
    },
    { kind: "cloud", id: "campaigns" },
  );
  const vehicleIds = withdrawn.map(({ vehicleId }) => vehicleId);
  work.afterCommit(() => {
    cloud.metrics.jobsEnded.inc({ outcome: "expired" }, withdrawn.length);
    cloud.campaigns.wakeVehicles(vehicleIds);
  });
  return true;
}

/** Vehicles that wait for their drivers are to ask, and learn that nobody needs to answer. */
export async function wakeUndecided(
  cloud: Cloud,
  work: Work,
  { campaignId }: Pick<CampaignRow, "campaignId">,
): Promise<void> {
  const undecided = await work.tx
    .selectFrom("jobs")
    .select("vehicleId")
    .where("organisationId", "=", work.organisationId)
    .where("campaignId", "=", campaignId)
    .where("status", "=", "active")
    .where("stage", "=", "consent")
    .limit(VEHICLES_AT_MOST)
    .execute();
  work.afterCommit(() => cloud.campaigns.wakeVehicles(undecided.map(({ vehicleId }) => vehicleId)));
}

const VEHICLES_AT_MOST = 10_000;

/** Vehicles that have not begun their job; those beyond some thousand ask by themselves. */
export async function waitingVehicles(
  db: Database,
  organisationId: string,
  campaignId: string,
): Promise<string[]> {
  const rows = await db
    .selectFrom("jobs")
    .select("vehicleId")
    .where("organisationId", "=", organisationId)
    .where("campaignId", "=", campaignId)
    .where("status", "in", ["queued", "offered"])
    .where("turn", "is", null)
    .limit(VEHICLES_AT_MOST)
    .execute();
  return rows.map(({ vehicleId }) => vehicleId);
}
