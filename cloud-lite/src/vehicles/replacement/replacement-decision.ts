import type { EcuReport } from "@halfshaft/ota-format";
import type { Cloud } from "../../cloud.ts";
import { updateJob } from "../../jobs/update.ts";
import { jobEcus, openJobs } from "../../jobs/store.ts";
import type { Work } from "../../plugins/writes.ts";
import { reportedVersionKey } from "../../releases/version-key.ts";
import { Refusal } from "../../refusals.ts";
import { raiseDesiredRevision } from "../twin/desired.ts";
import { settleHold } from "./hold.ts";
import {
  decide,
  formerEcu,
  getReplacement,
  reportedEcu,
  type FormerEcu,
  type ReplacementRow,
} from "./replacement-store.ts";

interface Decision {
  readonly vehicleId: string;
  readonly replacementId: string;
  /** The person or key. */
  readonly by: string;
  readonly why?: string;
}

/**
 * Takes the ECU that the vehicle reports into the twin; the former one stays in the replacement. Also after a
 * rejection, for people change their minds. Doing it twice changes nothing.
 * @throws {Refusal} REPLACEMENT_UNKNOWN or REPLACEMENT_DECIDED
 */
export async function approveReplacement(cloud: Cloud, work: Work, decision: Decision): Promise<void> {
  const { vehicleId } = decision;
  const row = await getReplacement(work.tx, work.organisationId, vehicleId, decision.replacementId);
  if (row.state === "approved") return;
  if (row.state === "resolved") throw decided(row);
  const isFirst = await decide(work, row, { state: "approved", by: decision.by, why: decision.why });
  // Someone else was quicker by a moment.
  if (!isFirst) throw decided(row);
  await takeIn(work, row);
  await adaptJobs(cloud, work, row);
  await raiseDesiredRevision(work.tx, work.organisationId, vehicleId);
  await settleHold(work, vehicleId);
  work.afterCommit(() => cloud.wakeUp(vehicleId));
}

/**
 * Keeps the twin as it is: the vehicle stays held until it reports the ECUs that the twin knows.
 * @throws {Refusal} REPLACEMENT_UNKNOWN or REPLACEMENT_DECIDED
 */
export async function rejectReplacement(work: Work, decision: Decision): Promise<void> {
  const { vehicleId } = decision;
  const row = await getReplacement(work.tx, work.organisationId, vehicleId, decision.replacementId);
  if (row.state === "rejected") return;
  if (row.state !== "open") throw decided(row);
  await decide(work, row, { state: "rejected", by: decision.by, why: decision.why });
  await settleHold(work, vehicleId);
}

const decided = ({ vehicleId, replacementId, state }: ReplacementRow): Refusal =>
  new Refusal("REPLACEMENT_DECIDED", { vehicleId, replacementId, state });

async function takeIn(work: Work, row: ReplacementRow): Promise<void> {
  const { tx, organisationId } = work;
  const { vehicleId } = row;
  const before = formerEcu(row);
  const after = reportedEcu(row);
  if (before) {
    await tx
      .deleteFrom("ecus")
      .where("organisationId", "=", organisationId)
      .where("vehicleId", "=", vehicleId)
      .where("ecuId", "=", before.ecuId)
      .execute();
  }
  if (!after) return;
  const last = await tx
    .selectFrom("ecus")
    .select("position")
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .orderBy("position", "desc")
    .executeTakeFirst();
  await tx
    .insertInto("ecus")
    .values({
      organisationId,
      vehicleId,
      ecuId: after.ecuId,
      name: before?.name ?? after.name,
      hardwareId: after.hardwareId,
      kind: before?.kind ?? "uds",
      position: before?.position ?? (last?.position ?? -1) + 1,
      ...softwareOf(after, row.detectedAt),
    })
    .execute();
}

const softwareOf = (report: EcuReport, at: number) => ({
  version: report.version ?? null,
  versionKey: reportedVersionKey(report.version),
  imageSha256: report.imageSha256 ?? null,
  releaseCounter: report.releaseCounter ?? null,
  activeBank: report.activeBank ?? null,
  bootState: report.bootState,
  reportedAt: at,
  softwareAt: at,
});

/**
 * Jobs that wait for the former ECU: one that was not offered yet goes to its successor where that is the same
 * hardware; every other one expires. What has begun goes on, for the vehicle decides.
 */
async function adaptJobs(cloud: Cloud, work: Work, row: ReplacementRow): Promise<void> {
  const { tx, organisationId, at } = work;
  const before = formerEcu(row);
  if (!before) return;
  const after = reportedEcu(row);
  for (const job of await openJobs(tx, organisationId, row.vehicleId)) {
    if (job.status !== "queued" && job.status !== "offered") continue;
    const ecus = await jobEcus(tx, organisationId, job.jobId);
    if (ecus.every(({ ecuId }) => ecuId !== before.ecuId)) continue;
    if (after && job.status === "queued" && after.hardwareId === before.hardwareId) {
      await handOver(work, job.jobId, before, after);
      continue;
    }
    await work.audit({
      action: "job.withdrawn",
      subjectKind: "job",
      subjectId: job.jobId,
      payload: { reason: row.kind, replacementId: row.replacementId, ecuId: before.ecuId },
    });
    await updateJob(cloud, work, { ...job, withdrawnAt: at });
  }
}

async function handOver(work: Work, jobId: string, before: FormerEcu, after: EcuReport): Promise<void> {
  await work.tx
    .updateTable("jobEcus")
    .set({
      ecuId: after.ecuId,
      versionBefore: after.version ?? null,
      sha256Before: after.imageSha256 ?? null,
    })
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
