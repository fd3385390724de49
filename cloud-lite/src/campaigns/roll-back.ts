import type { Operator } from "../access/store.ts";
import type { Cloud } from "../cloud.ts";
import type { Work } from "../plugins/writes.ts";
import { beginNow, takeSteps } from "./begin.ts";
import { previousRelease, refuseRollback } from "./previous-software.ts";
import {
  changeCampaign,
  consentOf,
  getCampaignRow,
  insertCampaign,
  safetyPolicyOf,
  scopesOfCampaign,
  targetOf,
  type CampaignRow,
} from "./store.ts";

interface Act {
  readonly cloud: Cloud;
  readonly work: Work;
  readonly actor: Operator;
  readonly campaign: CampaignRow;
}

/**
 * C8: ends a campaign as reverted, and makes another one that offers the vehicles which it has updated what they ran
 * before. That one needs an approval like every other, and starts by itself once it has it.
 * @throws {Refusal} ROLLBACK_COUNTER or ROLLBACK_NOBODY
 */
export async function rollBack({ cloud, work, actor, campaign }: Act): Promise<object> {
  const { tx, organisationId, at } = work;
  const { campaignId, name, downloadBytesPerSecond, silenceMs } = campaign;
  await refuseRollback(tx, campaign);
  const { deadline = 0, ...consent } = consentOf(campaign);
  const revertedBy = await insertCampaign(tx, {
    organisationId,
    at,
    authorId: actor.principalId,
    scopes: scopesOfCampaign(campaign),
    revertsCampaignId: campaignId,
    body: {
      name: `Back from ${name}`.slice(0, 80),
      releaseId: await previousRelease(tx, campaign),
      target: targetOf(campaign),
      consent: deadline > at ? { ...consent, deadline } : consent,
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
