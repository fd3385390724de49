import type { Act } from "./act.ts";
import { requirePublished } from "./begin.ts";
import { checkDeadline } from "./consent.ts";
import { noteSeen } from "./counts.ts";
import { changeCampaign, consentOf, phasesOf } from "./store.ts";
import { waitingVehicles } from "./withdraw.ts";

/** Goes on: what tripped the kill switch so far was seen, and does not trip it again. @throws {Refusal} RELEASE_NOT_PUBLISHED or DEADLINE_PAST */
export async function resume({
  cloud,
  work,
  campaign,
}: Pick<Act, "cloud" | "work" | "campaign">): Promise<void> {
  const { tx, organisationId, at } = work;
  await requirePublished(work, campaign.releaseId);
  // Halted before it began: going on would begin it.
  if (campaign.startedAt === null) checkDeadline(consentOf(campaign), at);
  const { campaignId, silenceMs } = campaign;
  const begun = (await phasesOf(tx, organisationId, [campaignId])).filter(
    ({ startedAt }) => startedAt !== null,
  );
  const counted = begun.map(({ phaseId }) => ({ phaseId, silenceMs }));
  await noteSeen(tx, organisationId, at, counted);
  await changeCampaign(tx, campaign, { state: "active", haltedFor: null });
  const vehicleIds = await waitingVehicles(tx, organisationId, campaignId);
  work.afterCommit(() => cloud.campaigns.wakeVehicles(vehicleIds));
}
