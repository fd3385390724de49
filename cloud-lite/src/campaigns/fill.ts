import type { Cloud } from "../cloud.ts";
import { insertJobs } from "../jobs/insert.ts";
import type { Work } from "../plugins/writes.ts";
import { assignSoftware, withSkipped, type Skipped } from "./assign.ts";
import { haveJobs, matchingAfter } from "./candidates.ts";
import { changePhase, planOf, type CampaignRow, type PhaseRow } from "./store.ts";
import { isPaced, RANK_END, rankOf } from "./who-is-next.ts";

/** Vehicles that are looked at in one transaction: few enough that nobody waits long for it. */
export const VEHICLES_AT_ONCE = 200;

/**
 * Makes the jobs of the next vehicles of a phase, each vehicle once in a campaign. A vehicle of a paced phase waits
 * for its turn, which follows its rank.
 * @returns how many jobs it made
 */
export async function fillPhase(
  cloud: Cloud,
  work: Work,
  campaign: CampaignRow,
  phase: PhaseRow,
): Promise<number> {
  const { tx, organisationId, at } = work;
  const { campaignId, seed } = campaign;
  const ids = await matchingAfter(tx, campaign, phase, at, { after: phase.cursor, limit: VEHICLES_AT_ONCE });
  const chosen = ids.filter((id) => rankOf(seed, id) < (phase.rankBelow ?? RANK_END));
  const taken = await haveJobs(tx, campaign, chosen);
  const fresh = chosen.filter((id) => !taken.has(id));
  const { assigned, skipped } = await assignSoftware(work, campaign, fresh);
  const paced = isPaced(planOf(phase));
  await insertJobs(
    tx,
    [...assigned].map(([vehicleId, { releaseId, assignments }]) => ({
      organisationId,
      at,
      campaignId,
      phaseId: phase.phaseId,
      releaseId,
      vehicleId,
      attempt: 1,
      turn: paced ? rankOf(seed, vehicleId) : null,
      ecus: assignments,
    })),
  );
  const done = ids.length < VEHICLES_AT_ONCE;
  await changePhase(tx, phase, {
    cursor: ids.at(-1) ?? phase.cursor,
    skipped: JSON.stringify(withSkipped(JSON.parse(phase.skipped) as Skipped, skipped)),
    ...(done ? { filledAt: at } : {}),
  });
  const awake = paced ? [] : [...assigned.keys()];
  if (awake.length > 0) work.afterCommit(() => cloud.campaigns.wakeVehicles(awake));
  return assigned.size;
}
