import type { SafetyPolicy } from "@halfshaft/ota-format";
import { scopesOf } from "../access/grants.ts";
import type { Operator } from "../access/store.ts";
import { requirePermission } from "../plugins/admission.ts";
import type { Work } from "../plugins/writes.ts";
import { Refusal } from "../refusals.ts";
import { requirePublished } from "./begin.ts";
import { checkConsent } from "./consent.ts";
import { wrongState } from "./life-cycle.ts";
import { requireReach } from "./reach.ts";
import { checkSafety, SAFETY_DEFAULT, weakenings } from "./safety.ts";
import type { Campaign, CampaignBody } from "./schema.ts";
import { authorsOf, insertCampaign, lockCampaign, replaceDraft } from "./store.ts";
import { checkTarget } from "./targeting.ts";
import { readCampaign } from "./view.ts";

/**
 * Makes a draft after checking all that can be checked before there are jobs.
 * @throws {Refusal} RELEASE_UNKNOWN, RELEASE_NOT_PUBLISHED, those of `checkTarget`, `checkConsent` and
 * `checkSafety`, SAFETY_WEAKENED or PERMISSION_MISSING
 */
export async function createCampaign(work: Work, actor: Operator, body: CampaignBody): Promise<Campaign> {
  const { tx, organisationId, at } = work;
  const { weaker, scopes } = await check(work, actor, body, SAFETY_DEFAULT);
  const authorId = actor.principalId;
  const campaignId = await insertCampaign(tx, { organisationId, at, body, authorId, scopes });
  const campaign = await readCampaign(tx, organisationId, campaignId, at);
  await work.audit({
    action: "campaign.created",
    subjectKind: "campaign",
    subjectId: campaignId,
    payload: campaign,
  });
  await noteWeakening(work, campaignId, { body, weaker, before: SAFETY_DEFAULT });
  return campaign;
}

/**
 * Writes a draft anew, after the same checks; its safety policy is measured by what it was before, too.
 * @throws {Refusal} CAMPAIGN_STATE and those of `createCampaign`
 */
export async function reviseCampaign(
  work: Work,
  actor: Operator,
  before: Campaign,
  body: CampaignBody,
): Promise<Campaign> {
  const { tx, organisationId, at } = work;
  const { campaignId } = before;
  const row = await lockCampaign(tx, organisationId, campaignId);
  await requireReach(tx, actor, "campaign.write", row, at);
  if (row.state !== "draft") throw wrongState(row, "changing it");
  const usual = { ...before.safetyPolicy, ...SAFETY_DEFAULT };
  const { weaker, scopes } = await check(work, actor, body, usual);
  const editorIds = [...new Set([...authorsOf(row), actor.principalId])].filter((id) => id !== row.authorId);
  await replaceDraft(tx, row, { body, scopes, editorIds });
  const after = await readCampaign(tx, organisationId, campaignId, at);
  await work.audit({
    action: "campaign.changed",
    subjectKind: "campaign",
    subjectId: campaignId,
    payload: { before, after },
  });
  await noteWeakening(work, campaignId, { body, weaker, before: usual });
  return after;
}

async function check(work: Work, actor: Operator, body: CampaignBody, usual: SafetyPolicy) {
  const { tx, organisationId, at } = work;
  await requirePublished(work, body.releaseId);
  checkConsent(body, at);
  checkSafety(body.safetyPolicy);
  const weaker = weakenings(body.safetyPolicy, usual);
  if (weaker.length > 0) checkWeakening(actor, body, weaker);
  const scopes = scopesOf(actor.grants, "campaign.write");
  const context = { organisationId, at, scopes };
  await checkTarget(tx, body.target, context);
  for (const { criteria } of body.phases ?? []) {
    if (criteria !== undefined) await checkTarget(tx, { and: [body.target, criteria] }, context);
  }
  return { weaker, scopes };
}

/** An entry of its own: it is to stand out. */
async function noteWeakening(
  work: Work,
  subjectId: string,
  given: { body: CampaignBody; weaker: readonly string[]; before: SafetyPolicy },
): Promise<void> {
  const { body, weaker, before } = given;
  if (weaker.length === 0) return;
  const { reason } = body.acknowledgeWeakening!;
  const payload = { weaker, reason, before, after: body.safetyPolicy };
  await work.audit({
    action: "campaign.safetyWeakened",
    subjectKind: "campaign",
    subjectId,
    payload,
  });
}

function checkWeakening(actor: Operator, body: CampaignBody, weaker: readonly string[]): void {
  if (body.acknowledgeWeakening === undefined) {
    throw new Refusal("SAFETY_WEAKENED", { weaker: weaker.join("; ") });
  }
  requirePermission(actor, "safety.weaken");
}
