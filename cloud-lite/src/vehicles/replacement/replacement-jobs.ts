import type { EcuReport, VersionManifest } from "@halfshaft/ota-format";
import type { Cloud } from "../../cloud.ts";
import { manifestAgreement } from "../../jobs/agreement.ts";
import { jobEcus, openJobs, type JobRow } from "../../jobs/store.ts";
import { noteManifest, updateJob } from "../../jobs/update.ts";
import type { Work } from "../../plugins/writes.ts";
import { ecusOf } from "../store.ts";
import { formerEcu, type FormerEcu, type ReplacementRow } from "./replacement-store.ts";

/**
 * Open jobs for the former ECU go to its successor where that is the same hardware. One that has begun goes on, and
 * what the successor runs decides; one that was offered expires, but the vehicle may have begun it unheard; one that
 * has no successor to go to expires where it has not begun.
 */
export async function followReplacement(
  cloud: Cloud,
  work: Work,
  row: ReplacementRow,
  after: EcuReport | undefined,
): Promise<void> {
  const { tx, organisationId, at } = work;
  const before = formerEcu(row);
  if (!before) return;
  for (const job of await openJobs(tx, organisationId, row.vehicleId)) {
    const ids = (await jobEcus(tx, organisationId, job.jobId)).map(({ ecuId }) => ecuId);
    if (!ids.includes(before.ecuId)) continue;
    const isAlike = after?.hardwareId === before.hardwareId && !ids.includes(after.ecuId);
    if (after && isAlike) await handOver(work, job, before, after);
    if (job.status === "active" || (job.status === "queued" && isAlike)) continue;
    await work.audit({
      action: "job.withdrawn",
      subjectKind: "job",
      subjectId: job.jobId,
      payload: { reason: row.kind, replacementId: row.replacementId, ecuId: before.ecuId },
    });
    await updateJob(cloud, work, { ...job, withdrawnAt: at });
  }
}

async function handOver(
  work: Work,
  { jobId, status }: JobRow,
  before: FormerEcu,
  after: EcuReport,
): Promise<void> {
  const software = { versionBefore: after.version ?? null, sha256Before: after.imageSha256 ?? null };
  await work.tx
    .updateTable("jobEcus")
    // Once a job was offered, the successor may run what the job brought: what ran before stays.
    .set({ ecuId: after.ecuId, ...(status === "queued" ? software : {}) })
    .where("organisationId", "=", work.organisationId)
    .where("jobId", "=", jobId)
    .where("ecuId", "=", before.ecuId)
    .execute();
  await work.audit({
    action: "job.recalculated",
    subjectKind: "job",
    subjectId: jobId,
    payload: { before: before.ecuId, after: after.ecuId },
  });
}

/**
 * After a manifest, or a decision about one: judges the open jobs by it. Where a vehicle claims success on an ECU that
 * somebody found not to be in it, no manifest will ever tell what that ECU runs, and the job has failed.
 */
export async function judgeJobs(
  cloud: Cloud,
  work: Work,
  vehicleId: string,
  manifest: VersionManifest,
): Promise<void> {
  const { tx, organisationId } = work;
  await noteManifest(cloud, work, vehicleId, manifest);
  const claimed = (await openJobs(tx, organisationId, vehicleId)).filter(
    (job) => job.outcome === "succeeded",
  );
  if (claimed.length === 0) return;
  const known = new Set((await ecusOf(tx, organisationId, [vehicleId])).map(({ ecuId }) => ecuId));
  for (const ecuId of await rejectedEcus(work, vehicleId)) known.delete(ecuId);
  for (const job of claimed) {
    const expected = await jobEcus(tx, organisationId, job.jobId);
    const gone = new Set(expected.map(({ ecuId }) => ecuId).filter((ecuId) => !known.has(ecuId)));
    const failure = manifestAgreement(expected, manifest, gone)?.failure;
    if (!failure) continue;
    await updateJob(cloud, work, { ...job, manifest: "disagrees", manifestNote: JSON.stringify(failure) });
  }
}

/** ECUs in whose place the vehicle reports another one, or none, which somebody rejected. */
async function rejectedEcus({ tx, organisationId }: Work, vehicleId: string): Promise<string[]> {
  const rows = await tx
    .selectFrom("ecuReplacements")
    .select("before")
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .where("state", "=", "rejected")
    .execute();
  return rows.flatMap((row) => formerEcu(row)?.ecuId ?? []);
}
