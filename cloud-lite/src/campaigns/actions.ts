import type { Cloud } from "../cloud.ts";
import type { Database } from "../db/open.ts";
import { updateJob } from "../jobs/update.ts";
import { insertJob, openJobs } from "../jobs/store.ts";
import type { Work } from "../plugins/writes.ts";
import { Refusal } from "../refusals.ts";
import { planDeltas } from "../releases/delta-store.ts";
import { getRelease } from "../releases/store.ts";
import { setDesiredJob } from "../vehicles/desired.ts";
import { ecusOf } from "../vehicles/store.ts";
import { assignImages, isDone, transition, type CampaignVerb } from "./rules.ts";
import type { Campaign, SkipReason } from "./schema.ts";
import { getCampaign } from "./store.ts";
import { targetedVehicles } from "./targeting.ts";

/**
 * Carries out a verb on a campaign; a second time changes nothing.
 * @throws {Refusal} CAMPAIGN_UNKNOWN, CAMPAIGN_STATE, and for `start` CAMPAIGN_NOBODY
 */
export async function actOnCampaign(
  cloud: Cloud,
  work: Work,
  campaignId: string,
  verb: CampaignVerb,
): Promise<Campaign> {
  const { tx, organisationId, at } = work;
  const campaign = await getCampaign(tx, organisationId, campaignId);
  const { name, state } = campaign;
  const next = transition(state, verb);
  if (next === undefined) throw new Refusal("CAMPAIGN_STATE", { name, state, verb });
  if (isDone(state, verb)) return campaign;
  await tx
    .updateTable("campaigns")
    .set({
      state: next,
      ...(verb === "start" ? { startedAt: at } : {}),
      ...(verb === "abort" ? { endedAt: at } : {}),
    })
    .where("organisationId", "=", organisationId)
    .where("campaignId", "=", campaignId)
    .execute();
  if (verb === "start") await makeJobs(cloud, work, campaign);
  if (verb === "abort") await withdrawOffers(cloud, work, campaignId);
  if (verb === "resume") await wakeUpWaiting(cloud, work, campaignId);
  const changed = await getCampaign(tx, organisationId, campaignId);
  await work.audit({
    action: `campaign.${verb}`,
    subjectKind: "campaign",
    subjectId: campaignId,
    payload: { before: { state }, after: { state: changed.state, jobs: changed.jobs } },
  });
  return changed;
}

/** One job for each vehicle of the target that the release changes. */
async function makeJobs(cloud: Cloud, work: Work, campaign: Campaign): Promise<void> {
  const { tx, organisationId, at } = work;
  const { campaignId, releaseId, name } = campaign;
  const release = await getRelease(tx, organisationId, releaseId);
  if (release.state !== "published") {
    throw new Refusal("RELEASE_NOT_PUBLISHED", { name: release.name, state: release.state });
  }
  const phase = campaign.phases[0]!;
  await tx
    .updateTable("phases")
    .set({ startedAt: at })
    .where("organisationId", "=", organisationId)
    .where("phaseId", "=", phase.phaseId)
    .execute();
  const skipped = new Map<SkipReason, number>();
  const vehicleIds = await targetedVehicles(tx, campaign.target, { organisationId, at });
  let jobs = 0;
  for (const vehicleId of vehicleIds) {
    const ecus = await ecusOf(tx, organisationId, [vehicleId]);
    const result = assignImages(ecus, release.images);
    if ("skip" in result) {
      skipped.set(result.skip, (skipped.get(result.skip) ?? 0) + 1);
      continue;
    }
    const { phaseId } = phase;
    const { assignments } = result;
    const busy = (await openJobs(tx, organisationId, vehicleId)).length > 0;
    const jobId = await insertJob(tx, {
      organisationId,
      at,
      campaignId,
      phaseId,
      releaseId,
      vehicleId,
      assignments,
    });
    // A vehicle that is busy with another campaign gets this job's software when it is offered.
    if (!busy) await setDesiredJob(tx, organisationId, vehicleId, jobId);
    work.afterCommit(() => cloud.wakeUp(vehicleId));
    jobs += 1;
  }
  if (jobs === 0) {
    throw new Refusal("CAMPAIGN_NOBODY", { name, reason: nobody(vehicleIds.length, skipped) });
  }
  await tx
    .updateTable("campaigns")
    .set({ skipped: JSON.stringify(Object.fromEntries(skipped)) })
    .where("organisationId", "=", organisationId)
    .where("campaignId", "=", campaignId)
    .execute();
  // The fleet may run versions that it did not when the release was published.
  await planDeltas(tx, organisationId, at, release.images);
  work.afterCommit(() => cloud.deltas.wake());
}

const REASONS: Readonly<Record<SkipReason, string>> = {
  noMatchingEcu: "without a matching ECU",
  upToDate: "up to date",
  releaseCounterTooLow: "with a higher release counter",
};

function nobody(vehicles: number, skipped: ReadonlyMap<SkipReason, number>): string {
  if (vehicles === 0) return "no vehicle matches its target";
  const parts = [...skipped].map(([reason, count]) => `${count} ${REASONS[reason]}`);
  return `of ${vehicles}, ${parts.join(", ")}`;
}

/** Takes back the offers that no vehicle has begun; what has begun goes on, for the vehicle decides. */
async function withdrawOffers(cloud: Cloud, work: Work, campaignId: string): Promise<void> {
  const waiting = await waitingJobs(work.tx, work.organisationId, campaignId);
  for (const job of waiting) {
    await updateJob(cloud, work, { ...job, withdrawnAt: work.at });
    work.afterCommit(() => cloud.wakeUp(job.vehicleId));
  }
}

async function wakeUpWaiting(cloud: Cloud, work: Work, campaignId: string): Promise<void> {
  for (const { vehicleId } of await waitingJobs(work.tx, work.organisationId, campaignId)) {
    work.afterCommit(() => cloud.wakeUp(vehicleId));
  }
}

const waitingJobs = (tx: Database, organisationId: string, campaignId: string) =>
  tx
    .selectFrom("jobs")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("campaignId", "=", campaignId)
    .where("status", "in", ["queued", "offered"])
    .orderBy("jobId")
    .execute();
