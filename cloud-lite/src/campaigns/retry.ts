import type { Cloud } from "../cloud.ts";
import { isOneOf } from "../db/one-of.ts";
import { TAKEN_BACK } from "../jobs/derive.ts";
import { insertJobs } from "../jobs/insert.ts";
import type { JobRow } from "../jobs/store.ts";
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

type Tried = Pick<JobRow, "jobId" | "vehicleId" | "phaseId" | "attempt">;

/** Tries again what failed, was rolled back or expired before somebody asked for it, some hundred at a time. */
export async function retryJobs(cloud: Cloud, work: Work, campaign: CampaignRow): Promise<void> {
  const { retryAfter, retryBelow } = campaign;
  const failed = await latestJobs(work, campaign)
    .where("status", "in", RETRIED)
    .where("jobId", "<", retryBelow)
    .$if(retryAfter !== null, (q) => q.where("jobId", ">", retryAfter!))
    .execute();
  await tryAgain(cloud, work, campaign, failed);
  const isOver = failed.length < VEHICLES_AT_ONCE;
  await changeCampaign(work.tx, campaign, {
    retryAfter: isOver ? null : failed.at(-1)!.jobId,
    retryBelow: isOver ? null : retryBelow,
  });
}

/**
 * Makes offers again that were taken back from drivers who had not decided, by a pause or by a campaign of a higher
 * priority: for a campaign that is active. @returns whether there were any
 */
export async function offerAgain(cloud: Cloud, work: Work, campaign: CampaignRow): Promise<boolean> {
  const { tx, organisationId } = work;
  const takenBack = await latestJobs(work, campaign)
    .where("status", "=", "expired")
    .where("failureCode", "=", TAKEN_BACK)
    .execute();
  if (takenBack.length === 0) return false;
  await tryAgain(cloud, work, campaign, takenBack);
  // Also those that get nothing any more: they are not looked at twice.
  await tx
    .updateTable("jobs")
    .set({ failureCode: null })
    .where("organisationId", "=", organisationId)
    .where(
      isOneOf(
        tx,
        "jobId",
        takenBack.map(({ jobId }) => jobId),
      ),
    )
    .execute();
  return true;
}

const latestJobs = ({ tx, organisationId }: Work, { campaignId }: CampaignRow) =>
  tx
    .selectFrom("jobs")
    .select(["jobId", "vehicleId", "phaseId", "attempt"])
    .where("organisationId", "=", organisationId)
    .where("campaignId", "=", campaignId)
    .where("latest", "=", 1)
    .orderBy("jobId")
    .limit(VEHICLES_AT_ONCE);

/**
 * A further attempt takes the place of the last one, also in the rates. Vehicles that get nothing any more keep theirs.
 * Nothing is offered while the campaign is paused.
 */
async function tryAgain(
  cloud: Cloud,
  work: Work,
  campaign: CampaignRow,
  tried: readonly Tried[],
): Promise<void> {
  const { tx, organisationId, at } = work;
  const { campaignId, seed } = campaign;
  const { assigned } = await assignSoftware(
    work,
    campaign,
    tried.map(({ vehicleId }) => vehicleId),
  );
  const again = tried.filter(({ vehicleId }) => assigned.has(vehicleId));
  if (again.length === 0) return;
  await tx
    .updateTable("jobs")
    .set({ latest: 0 })
    .where("organisationId", "=", organisationId)
    .where(
      isOneOf(
        tx,
        "jobId",
        again.map(({ jobId }) => jobId),
      ),
    )
    .execute();
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
  // Those of a paused campaign are woken when it goes on.
  if (campaign.state !== "active") return;
  work.afterCommit(() => cloud.campaigns.wakeVehicles(again.map(({ vehicleId }) => vehicleId)));
}
