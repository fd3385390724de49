import { assignSoftware } from "./assign.ts";
import type { Database } from "../db/database.ts";
import type { VehicleSelection } from "../vehicles/search/selection.ts";
import { targetedAfter } from "./targeting.ts";
import { planOf, scopesOfCampaign, targetOf, type CampaignRow, type PhaseRow } from "./store.ts";
import { RANK_END, rankBelow, rankOf } from "./who-is-next.ts";

/** The next vehicles that match a phase, in order of id, whether they have a job or not. */
export async function matchingAfter(
  db: Database,
  campaign: CampaignRow,
  phase: PhaseRow,
  at: number,
  { after, limit }: { after: string | null; limit: number },
): Promise<string[]> {
  const { organisationId, revertsCampaignId } = campaign;
  const page = { after: after ?? undefined, limit };
  if (revertsCampaignId !== null) return updatedAfter(db, organisationId, revertsCampaignId, page);
  const { criteria } = planOf(phase);
  const target = targetOf(campaign);
  const selection: VehicleSelection = criteria === undefined ? target : { and: [target, criteria] };
  return targetedAfter(db, selection, { organisationId, at, scopes: scopesOfCampaign(campaign) }, page);
}

/** The vehicles that a campaign has updated, in order of id. */
async function updatedAfter(
  db: Database,
  organisationId: string,
  campaignId: string,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<string[]> {
  const rows = await db
    .selectFrom("jobs")
    .select("vehicleId")
    .where("organisationId", "=", organisationId)
    .where("campaignId", "=", campaignId)
    .where("latest", "=", 1)
    .where("status", "=", "succeeded")
    .$if(after !== undefined, (q) => q.where("vehicleId", ">", after!))
    .orderBy("vehicleId")
    .limit(limit)
    .execute();
  return rows.map((row) => row.vehicleId);
}

/** Those of the vehicles that have a job in this campaign already. */
export async function haveJobs(
  db: Database,
  { organisationId, campaignId }: CampaignRow,
  vehicleIds: readonly string[],
): Promise<Set<string>> {
  if (vehicleIds.length === 0) return new Set();
  const rows = await db
    .selectFrom("jobs")
    .select("vehicleId")
    .where("organisationId", "=", organisationId)
    .where("campaignId", "=", campaignId)
    .where("vehicleId", "in", vehicleIds)
    .where("attempt", "=", 1)
    .execute();
  return new Set(rows.map((row) => row.vehicleId));
}

const IDS_AT_ONCE = 5000;

/**
 * Chooses the vehicles of a phase among those that match and get something: a canary that has nothing to install shows
 * nothing. Looks at some thousand at a time, and keeps their ranks alone.
 * @returns the first rank that the phase does not take
 */
export async function chooseRank(
  db: Database,
  campaign: CampaignRow,
  phase: PhaseRow,
  at: number,
): Promise<number> {
  const { organisationId } = campaign;
  const { size } = planOf(phase);
  if (size === undefined) return RANK_END;
  const ranks: number[] = [];
  let after: string | null = null;
  for (;;) {
    const ids: string[] = await matchingAfter(db, campaign, phase, at, { after, limit: IDS_AT_ONCE });
    const taken = await haveJobs(db, campaign, ids);
    const { assigned } = await assignSoftware({ tx: db, organisationId }, campaign, ids);
    const counts = (id: string): boolean =>
      ("percentage" in size && taken.has(id)) || (assigned.has(id) && !taken.has(id));
    for (const id of ids) if (counts(id)) ranks.push(rankOf(campaign.seed, id));
    if (ids.length < IDS_AT_ONCE) return rankBelow(size, Float64Array.from(ranks));
    after = ids.at(-1)!;
    await new Promise(setImmediate);
  }
}
