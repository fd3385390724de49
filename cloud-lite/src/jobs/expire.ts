import type { CampaignRow } from "../campaigns/store.ts";
import type { Cloud } from "../cloud.ts";
import type { Work } from "../plugins/writes.ts";
import { updateJob } from "./update.ts";

const JOBS_AT_ONCE = 100;

/** Ends jobs whose offer nobody took up in its time, also of vehicles that never ask. @returns whether there may be more */
export async function expireOffers(cloud: Cloud, work: Work, campaign: CampaignRow): Promise<boolean> {
  const { tx, organisationId, at } = work;
  const over = await tx
    .selectFrom("jobs")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("campaignId", "=", campaign.campaignId)
    .where("status", "=", "offered")
    .where("expiresAt", "<=", at)
    .limit(JOBS_AT_ONCE)
    .execute();
  for (const job of over) await updateJob(cloud, work, { ...job, withdrawnAt: job.expiresAt });
  return over.length === JOBS_AT_ONCE;
}
