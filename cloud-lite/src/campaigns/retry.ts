import type { Cloud } from "../cloud.ts";
import { insertJobs } from "../jobs/insert.ts";
import type { Work } from "../plugins/writes.ts";
import { assignSoftware } from "./assign.ts";
import { VEHICLES_AT_ONCE } from "./fill.ts";
import { changeCampaign, phasesOf, planOf, type CampaignRow } from "./store.ts";
import { isPaced, rankOf } from "./who-is-next.ts";

const RETRIED = ["failed", "rolledBack", "expired"] as const;

export async function hasJobsToRetry(
  { tx, organisationId }: Work,
  { campaignId }: Pick<CampaignRow, "campaignId">,
): Promise<boolean> {
  const job = await tx
    .selectFrom("jobs")
    .select("jobId")
    .where("organisationId", "=", organisationId)
    .where("campaignId", "=", campaignId)
    .where("latest", "=", 1)
    .where("status", "in", RETRIED)
    .limit(1)
    .executeTakeFirst();
  return job !== undefined;
}

/**
 * Tries again what failed, was rolled back or expired before somebody asked for it: a further attempt takes the place
 * of the last one, also in the rates. Vehicles that get nothing any more keep theirs. Nothing is offered while the
 * campaign is paused.
 */
export async function retryJobs(cloud: Cloud, work: Work, campaign: CampaignRow): Promise<void> {
  const { tx, organisationId, at } = work;
  const { campaignId, retryAfter, retryBelow, seed } = campaign;
  const failed = await tx
    .selectFrom("jobs")
    .select(["jobId", "vehicleId", "phaseId", "attempt"])
    .where("organisationId", "=", organisationId)
    .where("campaignId", "=", campaignId)
    .where("latest", "=", 1)
    .where("status", "in", RETRIED)
    .where("jobId", "<", retryBelow)
    .$if(retryAfter !== null, (q) => q.where("jobId", ">", retryAfter!))
    .orderBy("jobId")
    .limit(VEHICLES_AT_ONCE)
    .execute();
  const { assigned } = await assignSoftware(
    work,
    campaign,
    failed.map(({ vehicleId }) => vehicleId),
  );
  const again = failed.filter(({ vehicleId }) => assigned.has(vehicleId));
  if (again.length > 0) {
    await tx
      .updateTable("jobs")
      .set({ latest: 0 })
      .where("organisationId", "=", organisationId)
      .where(
        "jobId",
        "in",
        again.map(({ jobId }) => jobId),
      )
      .execute();
  }
  const phases = await phasesOf(tx, organisationId, [campaignId]);
  const paced = new Set(phases.filter((phase) => isPaced(planOf(phase))).map(({ phaseId }) => phaseId));
  await insertJobs(
    tx,
    again.map(({ vehicleId, phaseId, attempt }) => {
      const { releaseId, assignments } = assigned.get(vehicleId)!;
      const turn = paced.has(phaseId) ? rankOf(seed, vehicleId) : null;
      const common = { organisationId, at, campaignId, phaseId, releaseId, vehicleId, turn };
      return { ...common, attempt: attempt + 1, ecus: assignments };
    }),
  );
  const isOver = failed.length < VEHICLES_AT_ONCE;
  await changeCampaign(tx, campaign, {
    retryAfter: isOver ? null : failed.at(-1)!.jobId,
    retryBelow: isOver ? null : retryBelow,
  });
  // Those of a paused campaign are woken when it goes on.
  if (campaign.state !== "active") return;
  work.afterCommit(() => cloud.campaigns.wakeVehicles(again.map(({ vehicleId }) => vehicleId)));
}
