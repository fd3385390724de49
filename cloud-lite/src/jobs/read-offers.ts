import type { Offer } from "@halfshaft/ota-format";
import { consentOf, safetyPolicyOf } from "../campaigns/store.ts";
import type { Database } from "../db/database.ts";
import { isOneOf } from "../db/one-of.ts";
import { consentIn, policyIn } from "./local-policy.ts";

/** The offers of jobs that are offered already, by vehicle: a read. */
export async function readOffers(
  db: Database,
  organisationId: string,
  jobIds: readonly string[],
): Promise<Map<string, Offer>> {
  if (jobIds.length === 0) return new Map();
  const jobs = await db
    .selectFrom("jobs as j")
    .innerJoin("campaigns as c", (join) =>
      join.onRef("c.organisationId", "=", "j.organisationId").onRef("c.campaignId", "=", "j.campaignId"),
    )
    .innerJoin("releases as r", (join) =>
      join.onRef("r.organisationId", "=", "j.organisationId").onRef("r.releaseId", "=", "j.releaseId"),
    )
    .innerJoin("vehicles as v", (join) =>
      join.onRef("v.organisationId", "=", "j.organisationId").onRef("v.vehicleId", "=", "j.vehicleId"),
    )
    .select([
      "j.jobId",
      "j.attempt",
      "j.campaignId",
      "j.phaseId",
      "j.vehicleId",
      "j.offeredAt",
      "j.expiresAt",
    ])
    .select(["c.consent", "c.safetyPolicy", "c.downloadBytesPerSecond"])
    .select(["r.releaseId", "r.name", "r.headline", "r.notes", "v.timeZone"])
    .where("j.organisationId", "=", organisationId)
    .where(isOneOf(db, "j.jobId", jobIds))
    .execute();
  const ecus = Map.groupBy(await ecusOfJobs(db, organisationId, jobIds), ({ jobId }) => jobId);
  return new Map(
    jobs.map((job) => {
      const { jobId, attempt, campaignId, phaseId, downloadBytesPerSecond } = job;
      const timeZone = job.timeZone ?? undefined;
      const offer: Offer = {
        jobId,
        attempt,
        campaignId,
        phaseId,
        release: { releaseId: job.releaseId, name: job.name, headline: job.headline, notes: job.notes },
        ecus: (ecus.get(jobId) ?? []).map(({ ecuId, name, hardwareId, version }) => ({
          ecuId,
          name,
          hardwareId,
          version,
        })),
        consent: consentIn(consentOf(job), timeZone, job.offeredAt!),
        safetyPolicy: policyIn(safetyPolicyOf(job), timeZone),
        ...(downloadBytesPerSecond === null ? {} : { downloadBytesPerSecond }),
        offeredAt: job.offeredAt!,
        expiresAt: job.expiresAt!,
      };
      return [job.vehicleId, offer];
    }),
  );
}

const ecusOfJobs = (db: Database, organisationId: string, jobIds: readonly string[]) =>
  db
    .selectFrom("jobEcus")
    .select(["jobId", "ecuId", "name", "hardwareId", "version"])
    .where("organisationId", "=", organisationId)
    .where(isOneOf(db, "jobId", jobIds))
    .orderBy("position")
    .execute();
