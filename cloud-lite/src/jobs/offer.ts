import type { Offer } from "@halfshaft/ota-format";
import { consentOf, getCampaignRow, safetyPolicyOf } from "../campaigns/store.ts";
import type { Cloud } from "../cloud.ts";
import type { Database } from "../db/database.ts";
import type { Work } from "../plugins/writes.ts";
import { getRelease } from "../releases/store.ts";
import { setDesiredJob } from "../vehicles/twin/desired.ts";
import { consentIn, policyIn } from "./local-policy.ts";
import { jobToOffer, offerIsOver } from "./offer-rules.ts";
import { getJobRow, jobEcus, noteVersionsBefore, openJobsWithCampaigns, type OpenJobRow } from "./store.ts";
import { updateJob } from "./update.ts";

/** What would be offered now. Most vehicles most of the time: nothing, and then nothing is written. */
export async function peekOffer(
  db: Database,
  organisationId: string,
  vehicleId: string,
  at: number,
): Promise<{ job?: OpenJobRow; over: OpenJobRow[] }> {
  const open = await openJobsWithCampaigns(db, organisationId, [vehicleId]);
  if (open.length === 0) return { over: [] };
  const over = open.filter((job) => offerIsOver(job, at));
  const job = jobToOffer(open, at);
  if (!job) return { over };
  // A vehicle that somebody must look at finishes what it has begun, and gets nothing new.
  if (job.status !== "active" && !(await mayGetJobs(db, organisationId, vehicleId))) return { over };
  return { job, over };
}

async function mayGetJobs(db: Database, organisationId: string, vehicleId: string): Promise<boolean> {
  const row = await db
    .selectFrom("vehicles")
    .select(["heldReason", "retiredAt"])
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .executeTakeFirst();
  return row !== undefined && row.heldReason === null && row.retiredAt === null;
}

/** Marks the job as offered and makes its software what the Director signs for this vehicle. */
export async function makeOffer(cloud: Cloud, work: Work, vehicleId: string): Promise<Offer | null> {
  const { tx, organisationId, at } = work;
  const { job, over } = await peekOffer(tx, organisationId, vehicleId, at);
  for (const past of over) await updateJob(cloud, work, { ...past, withdrawnAt: past.expiresAt });
  if (!job) return null;
  if (job.offeredAt === null) {
    await noteVersionsBefore(tx, organisationId, job.jobId, vehicleId);
    await tx
      .updateTable("jobs")
      .set({ offeredAt: at, expiresAt: at + cloud.config.offerTtlMs, status: "offered" })
      .where("organisationId", "=", organisationId)
      .where("jobId", "=", job.jobId)
      .execute();
    await work.audit(
      { action: "job.offered", subjectKind: "job", subjectId: job.jobId, payload: { vehicleId } },
      { kind: "cloud", id: "offer" },
    );
  }
  await setDesiredJob(tx, organisationId, vehicleId, job.jobId);
  return readOffer(tx, organisationId, job.jobId);
}

/** The offer of a job that is offered already: a read. */
export async function readOffer(db: Database, organisationId: string, jobId: string): Promise<Offer> {
  const job = await getJobRow(db, organisationId, jobId);
  const campaign = await getCampaignRow(db, organisationId, job.campaignId);
  const { releaseId, name, headline, notes } = await getRelease(db, organisationId, job.releaseId);
  const ecus = await jobEcus(db, organisationId, jobId);
  const vehicle = await db
    .selectFrom("vehicles")
    .select("timeZone")
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", job.vehicleId)
    .executeTakeFirst();
  const timeZone = vehicle?.timeZone ?? undefined;
  return {
    jobId,
    attempt: job.attempt,
    campaignId: job.campaignId,
    phaseId: job.phaseId,
    release: { releaseId, name, headline, notes },
    ecus: ecus.map((ecu) => ({
      ecuId: ecu.ecuId,
      name: ecu.name,
      hardwareId: ecu.hardwareId,
      version: ecu.version,
    })),
    consent: consentIn(consentOf(campaign), timeZone, job.offeredAt!),
    safetyPolicy: policyIn(safetyPolicyOf(campaign), timeZone),
    ...(campaign.downloadBytesPerSecond === null
      ? {}
      : { downloadBytesPerSecond: campaign.downloadBytesPerSecond }),
    offeredAt: job.offeredAt!,
    expiresAt: job.expiresAt!,
  };
}
