import type { Cloud } from "../cloud.ts";
import type { Work } from "../plugins/writes.ts";
import { Refusal } from "../refusals.ts";
import { getRelease } from "../releases/store.ts";
import type { Skipped } from "./assign.ts";
import { checkDeadline } from "./consent.ts";
import type { SkipReason } from "./schema.ts";
import { beginCampaign, stepCampaign } from "./step.ts";
import { consentOf, lockCampaign, phasesOf, type CampaignRow } from "./store.ts";

/** Enough to make the first jobs of a phase, so that their vehicles can be offered them when the answer arrives. */
const FIRST_STEPS = 4;

/**
 * Begins a campaign now. A small one has all of its jobs when this returns, so that one which reaches nobody can be
 * refused; the jobs of a large one are made after the answer.
 * @throws {Refusal} RELEASE_NOT_PUBLISHED, DEADLINE_PAST or CAMPAIGN_NOBODY
 */
export async function beginNow(cloud: Cloud, work: Work, campaign: CampaignRow): Promise<void> {
  const { tx, organisationId } = work;
  const { campaignId, name } = campaign;
  await requireStartable(work, campaign);
  await beginCampaign(cloud, work, campaign);
  await takeSteps(cloud, work, campaignId, FIRST_STEPS);
  const phases = await phasesOf(tx, organisationId, [campaignId]);
  if (phases.some(({ filledAt }) => filledAt === null)) return;
  const made = await tx
    .selectFrom("jobs")
    .select("jobId")
    .where("organisationId", "=", organisationId)
    .where("campaignId", "=", campaignId)
    .limit(1)
    .executeTakeFirst();
  if (made || campaign.dynamic === 1) return;
  const skipped = phases.map((phase) => JSON.parse(phase.skipped) as Skipped);
  throw new Refusal("CAMPAIGN_NOBODY", { name, reason: nobody(skipped) });
}

/** @throws {Refusal} RELEASE_UNKNOWN or RELEASE_NOT_PUBLISHED */
export async function requirePublished({ tx, organisationId }: Work, releaseId: string): Promise<void> {
  const { name, state } = await getRelease(tx, organisationId, releaseId);
  if (state !== "published") throw new Refusal("RELEASE_NOT_PUBLISHED", { name, state });
}

/**
 * Checks anew what may have changed since the campaign was written.
 * @throws {Refusal} RELEASE_NOT_PUBLISHED or DEADLINE_PAST
 */
export async function requireStartable(work: Work, campaign: CampaignRow): Promise<void> {
  await requirePublished(work, campaign.releaseId);
  checkDeadline(consentOf(campaign), work.at);
}

/** Takes steps within a request; the reconciler takes the rest. */
export async function takeSteps(cloud: Cloud, work: Work, campaignId: string, steps: number): Promise<void> {
  for (let taken = 0; taken < steps; taken += 1) {
    const campaign = await lockCampaign(work.tx, work.organisationId, campaignId);
    if ((await stepCampaign(cloud, work, campaign)) !== "more") return;
  }
}

const REASONS: Readonly<Record<SkipReason, string>> = {
  noMatchingEcu: "without a matching ECU",
  upToDate: "up to date",
  releaseCounterTooLow: "with a higher release counter",
  currentVersionTooLow: "on a version that this one cannot follow",
  dependencyUnmet: "whose other ECUs do not fit",
  held: "held until somebody has looked at them",
  noPreviousImage: "whose previous software is not known",
  changedSince: "that run something else by now",
};

function nobody(skipped: readonly Skipped[]): string {
  const counts = Object.keys(REASONS).map(
    (reason) => [reason, skipped.reduce((sum, one) => sum + (one[reason as SkipReason] ?? 0), 0)] as const,
  );
  const some = counts.filter(([, count]) => count > 0);
  if (some.length === 0) return "no vehicle matches its target";
  const total = some.reduce((sum, [, count]) => sum + count, 0);
  const parts = some.map(([reason, count]) => `${count} ${REASONS[reason as SkipReason]}`);
  return `of ${total}, ${parts.join(", ")}`;
}
