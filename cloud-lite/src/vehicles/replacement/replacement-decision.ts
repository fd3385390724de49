import type { EcuReport } from "@halfshaft/ota-format";
import type { Cloud } from "../../cloud.ts";
import { lock } from "../../db/engine.ts";
import type { Work } from "../../plugins/writes.ts";
import { reportedVersionKey } from "../../releases/version-key.ts";
import { Refusal } from "../../refusals.ts";
import { raiseDesiredRevision } from "../twin/desired.ts";
import { carrySettings } from "../twin/desired-state-store.ts";
import { lastManifest, type KeptManifest } from "../twin/manifest-store.ts";
import { settleHold } from "./hold.ts";
import { followReplacement, judgeJobs } from "./replacement-jobs.ts";
import { isSilent } from "./replacement-rules.ts";
import { decide, formerEcu, getReplacement, reportedEcu, type ReplacementRow } from "./replacement-store.ts";

interface Decision {
  readonly vehicleId: string;
  readonly replacementId: string;
  /** The person or key. */
  readonly by: string;
  readonly why?: string;
}

/**
 * Takes the ECU that the vehicle reports into the twin; the former one stays in the replacement, and what was meant for
 * it goes to its successor. Also after a rejection, for people change their minds. Doing it twice changes nothing.
 * @throws {Refusal} REPLACEMENT_UNKNOWN or REPLACEMENT_DECIDED
 */
export async function approveReplacement(cloud: Cloud, work: Work, decision: Decision): Promise<void> {
  const { vehicleId } = decision;
  await holdReports(work, vehicleId);
  const row = await getReplacement(work.tx, work.organisationId, vehicleId, decision.replacementId);
  if (row.state === "approved") return;
  if (row.state === "resolved") throw decided(row);
  const isFirst = await decide(work, row, { state: "approved", by: decision.by, why: decision.why });
  // Someone else was quicker by a moment.
  if (!isFirst) throw decided(row);
  const last = await lastManifest(work.tx, work.organisationId, vehicleId);
  const before = formerEcu(row);
  const told = toldOf(row, last);
  await takeIn(work, row, told);
  await followReplacement(cloud, work, row, told?.report);
  if (before && told) await carrySettings(work, vehicleId, before, told.report.ecuId, decision.by);
  await raiseDesiredRevision(work.tx, work.organisationId, vehicleId);
  await settleHold(work, vehicleId);
  if (last) await judgeJobs(cloud, work, vehicleId, last.manifest);
  work.afterCommit(() => cloud.wakeUp(vehicleId));
}

/**
 * Keeps the twin as it is: the vehicle stays held until it reports the ECUs that the twin knows.
 * @throws {Refusal} REPLACEMENT_UNKNOWN or REPLACEMENT_DECIDED
 */
export async function rejectReplacement(cloud: Cloud, work: Work, decision: Decision): Promise<void> {
  const { vehicleId } = decision;
  await holdReports(work, vehicleId);
  const row = await getReplacement(work.tx, work.organisationId, vehicleId, decision.replacementId);
  if (row.state === "rejected") return;
  if (row.state !== "open") throw decided(row);
  await decide(work, row, { state: "rejected", by: decision.by, why: decision.why });
  await settleHold(work, vehicleId);
  const last = await lastManifest(work.tx, work.organisationId, vehicleId);
  if (last) await judgeJobs(cloud, work, vehicleId, last.manifest);
}

/** What a decision does to jobs is what the vehicle's own reports do: they wait for each other. */
const holdReports = ({ tx, organisationId }: Work, vehicleId: string): Promise<void> =>
  lock(tx, organisationId, "vehicle", vehicleId);

interface Told {
  readonly report: EcuReport;
  readonly at: number;
}

/** The new ECU as the vehicle told of it last: its software may have changed since it was detected. */
function toldOf(row: ReplacementRow, last: KeptManifest | undefined): Told | undefined {
  const detected = reportedEcu(row);
  if (!detected) return undefined;
  const report = last?.manifest.ecus.find(({ ecuId }) => ecuId === detected.ecuId);
  if (!last || !report || isSilent(report) || report.hardwareId !== detected.hardwareId) {
    return { report: detected, at: row.detectedAt };
  }
  const isSame = report.version === detected.version && report.imageSha256 === detected.imageSha256;
  return { report, at: isSame ? row.detectedAt : last.receivedAt };
}

const decided = ({ vehicleId, replacementId, state }: ReplacementRow): Refusal =>
  new Refusal("REPLACEMENT_DECIDED", { vehicleId, replacementId, state });

async function takeIn(work: Work, row: ReplacementRow, told: Told | undefined): Promise<void> {
  const { tx, organisationId } = work;
  const { vehicleId } = row;
  const before = formerEcu(row);
  if (before) {
    await tx
      .deleteFrom("ecus")
      .where("organisationId", "=", organisationId)
      .where("vehicleId", "=", vehicleId)
      .where("ecuId", "=", before.ecuId)
      .execute();
  }
  if (!told) return;
  const after = told.report;
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
      ...softwareOf(told),
    })
    .execute();
}

const softwareOf = ({ report, at }: Told) => ({
  version: report.version ?? null,
  versionKey: reportedVersionKey(report.version),
  imageSha256: report.imageSha256 ?? null,
  releaseCounter: report.releaseCounter ?? null,
  activeBank: report.activeBank ?? null,
  bootState: report.bootState,
  reportedAt: at,
  softwareAt: at,
});
