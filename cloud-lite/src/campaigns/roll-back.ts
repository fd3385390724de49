import type { Act } from "./act.ts";
import { beginNow, requirePublished, takeSteps } from "./begin.ts";
import { renewed } from "./consent.ts";
import { previousRelease, refuseRollback } from "./previous-software.ts";
import {
  changeCampaign,
  consentOf,
  getCampaignRow,
  insertCampaign,
  revertersOf,
  safetyPolicyOf,
  scopesOfCampaign,
  targetOf,
} from "./store.ts";

/** Whether the campaign that brings its vehicles back is there; one that was aborted does so no more. */
export async function isRolledBack({ work, campaign }: Act): Promise<boolean> {
  if (campaign.state !== "reverted") return false;
  const { tx, organisationId } = work;
  const revertedBy = (await revertersOf(tx, organisationId, [campaign.campaignId])).get(campaign.campaignId);
  if (revertedBy === undefined) return false;
  return (await getCampaignRow(tx, organisationId, revertedBy)).state !== "aborted";
}

/**
 * C8: ends a campaign as reverted, and makes another one that offers the vehicles which it has updated what they ran
 * before. That one needs an approval like every other, and starts by itself once it has it.
 * @throws {Refusal} ROLLBACK_COUNTER, ROLLBACK_NOBODY or RELEASE_NOT_PUBLISHED
 */
export async function rollBack({ cloud, work, actor, campaign }: Act): Promise<object> {
  const { tx, organisationId, at } = work;
  const { campaignId, name, downloadBytesPerSecond, silenceMs } = campaign;
  await refuseRollback(tx, campaign);
  const releaseId = await previousRelease(tx, campaign);
  await requirePublished(work, releaseId);
  const revertedBy = await insertCampaign(tx, {
    organisationId,
    at,
    authorId: actor.principalId,
    scopes: scopesOfCampaign(campaign),
    revertsCampaignId: campaignId,
    body: {
      name: `Back from ${name}`.slice(0, 80),
      releaseId,
      target: targetOf(campaign),
      consent: renewed(consentOf(campaign), at, cloud.config.offerTtlMs),
      safetyPolicy: safetyPolicyOf(campaign),
      kind: campaign.kind,
      priority: "critical",
      silenceMs,
      startAt: at,
      ...(downloadBytesPerSecond === null ? {} : { downloadBytesPerSecond }),
    },
  });
  await changeCampaign(tx, campaign, { state: "reverted", endedAt: at, settled: 0 });
  await takeSteps(cloud, work, campaignId, 1);
  const made = { organisationId, campaignId: revertedBy };
  const isWaived = cloud.config.fourEyes === "off";
  await changeCampaign(tx, made, { state: isWaived ? "scheduled" : "inReview" });
  if (isWaived) {
    await changeCampaign(tx, made, { approverId: actor.principalId, approvedAt: at });
    await beginNow(cloud, work, await getCampaignRow(tx, organisationId, revertedBy));
  }
  await work.audit({
    action: "campaign.created",
    subjectKind: "campaign",
    subjectId: revertedBy,
    payload: { revertsCampaignId: campaignId, ...(isWaived ? { fourEyes: "waived" } : {}) },
  });
  work.afterCommit(() => cloud.campaigns.wake(organisationId, revertedBy));
  return { revertedBy };
}
