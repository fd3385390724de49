import { assignSoftware, type VehicleAssignment } from "../campaigns/assign.ts";
import { getCampaignRow, targetOf, type CampaignRow } from "../campaigns/store.ts";
import { targetedAfter } from "../campaigns/targeting.ts";
import type { Database } from "../db/database.ts";
import { isOneOf } from "../db/one-of.ts";
import type { Work } from "../plugins/writes.ts";
import { replaceEcus } from "./insert.ts";
import type { WithdrawalReason } from "./schema.ts";
import type { JobRow } from "./store.ts";

/** A job that its vehicle must not get any more, and why. */
export interface Unfit<Job> {
  readonly job: Job;
  readonly reason: WithdrawalReason;
}

/**
 * Looks again at jobs that are about to be offered: since they were made, their vehicles may have got other software or
 * other ECUs. What still fits is made to fit exactly.
 * @param jobs of vehicles that are not held
 * @returns those that fit no more.
 */
export async function lookAgain<Job extends JobRow>(work: Work, jobs: readonly Job[]): Promise<Unfit<Job>[]> {
  if (jobs.length === 0) return [];
  const superseded = await supersededAmong(work, jobs);
  const unfit: Unfit<Job>[] = jobs
    .filter(({ jobId }) => superseded.has(jobId))
    .map((job) => ({ job, reason: "superseded" }));
  const others = jobs.filter(({ jobId }) => !superseded.has(jobId));
  for (const [campaignId, some] of Map.groupBy(others, (job) => job.campaignId)) {
    const campaign = await getCampaignRow(work.tx, work.organisationId, campaignId);
    unfit.push(...(await ofCampaign(work, campaign, some)));
  }
  return unfit;
}

async function ofCampaign<Job extends JobRow>(
  work: Work,
  campaign: CampaignRow,
  jobs: readonly Job[],
): Promise<Unfit<Job>[]> {
  const vehicleIds = jobs.map(({ vehicleId }) => vehicleId);
  const { assigned, skipped } = await assignSoftware(work, campaign, vehicleIds);
  const members = await stillTargeted(work, campaign, vehicleIds);
  const unfit: Unfit<Job>[] = [];
  for (const job of jobs) {
    const reason = skipped.get(job.vehicleId);
    if (!members.has(job.vehicleId)) unfit.push({ job, reason: "targetLeft" });
    else if (reason !== undefined && reason !== "held") unfit.push({ job, reason });
  }
  const gone = new Set(unfit.map(({ job }) => job.jobId));
  await makeFit(
    work,
    jobs.filter(({ jobId }) => !gone.has(jobId)),
    assigned,
  );
  return unfit;
}

/** Whoever leaves the target of a dynamic campaign leaves the campaign; another one keeps those that it began with. */
async function stillTargeted(
  { tx, organisationId, at }: Work,
  campaign: CampaignRow,
  vehicleIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (campaign.dynamic === 0 || campaign.revertsCampaignId !== null) return new Set(vehicleIds);
  const selection = { and: [targetOf(campaign), { vehicleIds: [...vehicleIds] }] };
  const found = await targetedAfter(tx, selection, { organisationId, at }, { limit: vehicleIds.length });
  return new Set(found);
}

async function makeFit(
  { tx, organisationId }: Work,
  jobs: readonly JobRow[],
  assigned: ReadonlyMap<string, VehicleAssignment>,
): Promise<void> {
  const rows = await tx
    .selectFrom("jobEcus")
    .select(["jobId", "ecuId", "imageId"])
    .where("organisationId", "=", organisationId)
    .where(
      isOneOf(
        tx,
        "jobId",
        jobs.map(({ jobId }) => jobId),
      ),
    )
    .execute();
  const planned = Map.groupBy(rows, ({ jobId }) => jobId);
  for (const { jobId, vehicleId } of jobs) {
    const wanted = assigned.get(vehicleId)?.assignments ?? [];
    const before = (planned.get(jobId) ?? []).map(({ ecuId, imageId }) => `${ecuId}/${imageId}`);
    const now = wanted.map(({ ecu, image }) => `${ecu.ecuId}/${image.imageId}`);
    if (before.toSorted().join() !== now.toSorted().join())
      await replaceEcus(tx, organisationId, jobId, wanted);
  }
}

/**
 * C4: of two campaigns for one ECU the one of the higher priority has the last word, and of two of the same priority the
 * younger one: what it brought while the other's job waited is not replaced by that.
 */
async function supersededAmong(
  { tx, organisationId }: { readonly tx: Database; readonly organisationId: string },
  jobs: readonly JobRow[],
): Promise<Set<string>> {
  const rows = await tx
    .selectFrom("jobs as j")
    .innerJoin("campaigns as c", (join) =>
      join.onRef("c.organisationId", "=", "j.organisationId").onRef("c.campaignId", "=", "j.campaignId"),
    )
    .innerJoin("jobs as o", (join) =>
      join
        .onRef("o.organisationId", "=", "j.organisationId")
        .onRef("o.vehicleId", "=", "j.vehicleId")
        .on("o.status", "=", "succeeded"),
    )
    .innerJoin("campaigns as oc", (join) =>
      join.onRef("oc.organisationId", "=", "o.organisationId").onRef("oc.campaignId", "=", "o.campaignId"),
    )
    .select("j.jobId")
    .where("j.organisationId", "=", organisationId)
    .where(
      isOneOf(
        tx,
        "j.jobId",
        jobs.map(({ jobId }) => jobId),
      ),
    )
    .whereRef("o.heardAt", ">", "j.createdAt")
    .where((eb) =>
      eb.or([
        eb("oc.priority", ">", eb.ref("c.priority")),
        eb.and([
          eb("oc.priority", "=", eb.ref("c.priority")),
          eb("oc.campaignId", ">", eb.ref("c.campaignId")),
        ]),
      ]),
    )
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom("jobEcus as mine")
          .innerJoin("jobEcus as theirs", (join) =>
            join
              .onRef("theirs.organisationId", "=", "mine.organisationId")
              .onRef("theirs.ecuId", "=", "mine.ecuId"),
          )
          .select("mine.ecuId")
          .whereRef("mine.organisationId", "=", "j.organisationId")
          .whereRef("mine.jobId", "=", "j.jobId")
          .whereRef("theirs.jobId", "=", "o.jobId"),
      ),
    )
    .execute();
  return new Set(rows.map(({ jobId }) => jobId));
}
