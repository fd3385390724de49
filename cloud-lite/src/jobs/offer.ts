import type { Offer } from "@halfshaft/ota-format";
import type { Cloud } from "../cloud.ts";
import type { Database } from "../db/database.ts";
import { isOneOf } from "../db/one-of.ts";
import type { VehicleReport, Work } from "../plugins/writes.ts";
import { setDesiredJobs } from "../vehicles/twin/desired.ts";
import { jobToOffer, offerIsOver } from "./offer-rules.ts";
import { lookAgain } from "./look-again.ts";
import { readOffers } from "./read-offers.ts";
import { vehiclesNotReady } from "./not-ready.ts";
import { noteVersionsBefore, openJobsWithCampaigns, type OpenJobRow } from "./store.ts";
import { updateJob } from "./update.ts";

/** What would be offered to a vehicle now, and which of its offers nobody took up in time. */
export interface OfferDue {
  readonly job?: OpenJobRow;
  readonly over: readonly OpenJobRow[];
}

/** As `makeOffers` would do it, in the order of the vehicles, before it looks again. Most of the time: nothing. */
export async function offersDue(
  db: Database,
  organisationId: string,
  vehicleIds: readonly string[],
  at: number,
): Promise<OfferDue[]> {
  const open = await openJobsWithCampaigns(db, organisationId, vehicleIds);
  const openOf = Map.groupBy(open, ({ vehicleId }) => vehicleId);
  const due = vehicleIds.map((vehicleId): OfferDue => {
    const jobs = openOf.get(vehicleId) ?? [];
    return { job: jobToOffer(jobs, at), over: jobs.filter((job) => offerIsOver(job, at)) };
  });
  // A vehicle that somebody must look at finishes what it has begun, and gets nothing new.
  const fresh = due.flatMap(({ job }) => (job && job.status !== "active" ? job.vehicleId : []));
  const ready = await vehiclesForJobs(db, organisationId, fresh, at);
  return due.map(({ job, over }) =>
    job?.status === "active" || (job && ready.has(job.vehicleId)) ? { job, over } : { over },
  );
}

async function vehiclesForJobs(
  db: Database,
  organisationId: string,
  vehicleIds: readonly string[],
  at: number,
): Promise<Set<string>> {
  if (vehicleIds.length === 0) return new Set();
  const notReady = await vehiclesNotReady(db, organisationId, vehicleIds, at);
  const rows = await db
    .selectFrom("vehicles")
    .select("vehicleId")
    .where("organisationId", "=", organisationId)
    .where(isOneOf(db, "vehicleId", vehicleIds))
    .where("heldReason", "is", null)
    .where("retiredAt", "is", null)
    .execute();
  return new Set(rows.map((row) => row.vehicleId).filter((vehicleId) => !notReady.has(vehicleId)));
}

/**
 * Marks the jobs that are due as offered, and makes their software what the Director signs for their vehicles.
 * @param works one for each of those who ask; all are in one transaction
 * @returns the offer of each.
 */
export async function makeOffers(
  cloud: Cloud,
  works: readonly Work[],
  asking: readonly VehicleReport[],
): Promise<(Offer | null)[]> {
  const { tx, organisationId, at } = works[0]!;
  // A vehicle that asks twice at once gets one offer, twice.
  const workOf = new Map(asking.map(({ actor }, index) => [actor.vehicleId, works[index]!]));
  const due = await settleDue(cloud, workOf);
  const jobs = due.flatMap(({ job }) => job ?? []);
  const fresh = jobs.filter(({ offeredAt }) => offeredAt === null);
  await markOffered(tx, organisationId, fresh, { offeredAt: at, expiresAt: at + cloud.config.offerTtlMs });
  for (const { jobId, vehicleId } of fresh) {
    await workOf
      .get(vehicleId)!
      .audit(
        { action: "job.offered", subjectKind: "job", subjectId: jobId, payload: { vehicleId } },
        { kind: "cloud", id: "offer" },
      );
  }
  const jobIds = jobs.map(({ jobId }) => jobId);
  await setDesiredJobs(tx, organisationId, jobIds);
  const offers = await readOffers(tx, organisationId, jobIds);
  return asking.map(({ actor }) => offers.get(actor.vehicleId) ?? null);
}

/** What is due once offers that are over, and jobs that fit no more, are ended: then perhaps the next job is. */
async function settleDue(cloud: Cloud, workOf: ReadonlyMap<string, Work>): Promise<OfferDue[]> {
  const [work] = workOf.values();
  const { tx, organisationId, at } = work!;
  for (;;) {
    const due = await offersDue(tx, organisationId, [...workOf.keys()], at);
    const over = due.flatMap((one) => one.over.map((job) => ({ ...job, withdrawnAt: job.expiresAt })));
    const queued = due.flatMap(({ job }) => (job?.status === "queued" ? job : []));
    const unfit = (await lookAgain(work!, queued)).map(({ job, reason }) => ({
      ...job,
      withdrawnAt: at,
      withdrawnFor: reason,
    }));
    for (const job of [...over, ...unfit]) await updateJob(cloud, workOf.get(job.vehicleId)!, job);
    if (unfit.length === 0) return due;
  }
}

async function markOffered(
  tx: Database,
  organisationId: string,
  jobs: readonly OpenJobRow[],
  times: { readonly offeredAt: number; readonly expiresAt: number },
): Promise<void> {
  if (jobs.length === 0) return;
  const jobIds = jobs.map(({ jobId }) => jobId);
  await noteVersionsBefore(tx, organisationId, jobIds);
  await tx
    .updateTable("jobs")
    .set({ ...times, status: "offered" })
    .where("organisationId", "=", organisationId)
    .where(isOneOf(tx, "jobId", jobIds))
    .execute();
}
