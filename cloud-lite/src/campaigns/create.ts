import type { ConsentPolicy } from "@halfshaft/ota-format";
import { scopesOf } from "../access/grants.ts";
import type { Operator } from "../access/store.ts";
import { requirePermission } from "../plugins/admission.ts";
import type { Work } from "../plugins/writes.ts";
import { Refusal } from "../refusals.ts";
import { requirePublished } from "./begin.ts";
import { SAFETY_DEFAULT, weakenings } from "./safety.ts";
import type { Campaign, CampaignBody } from "./schema.ts";
import { insertCampaign } from "./store.ts";
import { checkTarget } from "./targeting.ts";
import { readCampaign } from "./view.ts";

/**
 * Makes a draft after checking all that can be checked before there are jobs.
 * @throws {Refusal} RELEASE_UNKNOWN, RELEASE_NOT_PUBLISHED, those of `checkTarget`, DEADLINE_PAST, CONSENT_UNFIT,
 * SAFETY_WEAKENED or PERMISSION_MISSING
 */
export async function createCampaign(work: Work, actor: Operator, body: CampaignBody): Promise<Campaign> {
  const { tx, organisationId, at } = work;
  await requirePublished(work, body.releaseId);
  checkConsent(body, at);
  const weaker = weakenings(body.safetyPolicy, SAFETY_DEFAULT);
  if (weaker.length > 0) checkWeakening(actor, body, weaker);
  const scopes = scopesOf(actor.grants, "campaign.write");
  const context = { organisationId, at, scopes };
  await checkTarget(tx, body.target, context);
  for (const { criteria } of body.phases ?? []) {
    if (criteria !== undefined) await checkTarget(tx, { and: [body.target, criteria] }, context);
  }
  const authorId = actor.principalId;
  const campaignId = await insertCampaign(tx, { organisationId, at, body, authorId, scopes });
  const campaign = await readCampaign(tx, organisationId, campaignId, at);
  const subject = { subjectKind: "campaign", subjectId: campaignId };
  await work.audit({ action: "campaign.created", ...subject, payload: campaign });
  if (weaker.length > 0) {
    const { reason } = body.acknowledgeWeakening!;
    const payload = { weaker, reason, before: SAFETY_DEFAULT, after: body.safetyPolicy };
    await work.audit({ action: "campaign.safetyWeakened", ...subject, payload });
  }
  return campaign;
}

function checkConsent({ consent, kind }: CampaignBody, at: number): void {
  const { mode, deadline }: ConsentPolicy = consent;
  if (deadline !== undefined && deadline <= at) {
    throw new Refusal("DEADLINE_PAST", { deadline: new Date(deadline).toISOString() });
  }
  if (kind === "recall" && mode === "banner") {
    throw new Refusal("CONSENT_UNFIT", {
      reason: "a recall overrides the driver's schedule, and a banner waits for it",
    });
  }
}

function checkWeakening(actor: Operator, body: CampaignBody, weaker: readonly string[]): void {
  if (body.acknowledgeWeakening === undefined) {
    throw new Refusal("SAFETY_WEAKENED", { weaker: weaker.join("; ") });
  }
  requirePermission(actor, "safety.weaken");
}
