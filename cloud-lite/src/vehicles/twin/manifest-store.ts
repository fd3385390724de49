import { v7 as uuidv7 } from "uuid";
import type { EcuReport, VersionManifest } from "@halfshaft/ota-format";
import type { Database } from "../../db/database.ts";
import { jobEcus, openJobs } from "../../jobs/store.ts";
import type { Work } from "../../plugins/writes.ts";
import { reportedVersionKey } from "../../releases/version-key.ts";
import { noteHistory } from "../history/history.ts";
import { storePresence } from "../presence/presence.ts";
import { noteReplacements } from "../replacement/replacement-store.ts";
import { ecusOf, type EcuRow } from "../store.ts";

/** One ECU whose software is another than it was the last time. */
export interface SoftwareChange {
  readonly ecuId: string;
  readonly name: string;
  readonly from: { readonly version?: string; readonly sha256?: string };
  readonly to: { readonly version?: string; readonly sha256?: string };
}

/**
 * Stores what a vehicle says about itself and believes it: also an older version, for someone may have flashed an
 * ECU by other means. ECUs that differ from those of the twin hold the vehicle until somebody has looked at them.
 */
export async function storeManifest(work: Work, vehicleId: string, manifest: VersionManifest): Promise<void> {
  const { tx, organisationId, at } = work;
  // First, for it lets a vehicle's manifests in one after the other, on every engine.
  const vehicle = await tx
    .updateTable("vehicles")
    .set({ manifestAt: at })
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .returning("presence")
    .executeTakeFirst();
  if (vehicle && vehicle.presence !== "online") {
    await storePresence(tx, organisationId, vehicleId, "online", at);
  }
  await keepManifest(work, vehicleId, manifest);
  const ecus = await ecusOf(tx, organisationId, [vehicleId]);
  const changes: SoftwareChange[] = [];
  for (const report of manifest.ecus) {
    const ecu = ecus.find(({ ecuId }) => ecuId === report.ecuId);
    if (!ecu) continue;
    const change = changeOf(ecu, report);
    if (change) changes.push(change);
    await tx
      .updateTable("ecus")
      .set({ ...reportedColumns(report, at), ...(change ? { softwareAt: at } : {}) })
      .where("organisationId", "=", organisationId)
      .where("vehicleId", "=", vehicleId)
      .where("ecuId", "=", ecu.ecuId)
      .execute();
  }
  if (changes.length > 0) await noteChanges(work, vehicleId, changes);
  await noteReplacements(work, vehicleId, ecus, manifest);
}

/** A manifest that says the same about the ECUs as the last one takes its place. */
async function keepManifest(work: Work, vehicleId: string, manifest: VersionManifest): Promise<void> {
  const { tx, organisationId, at: receivedAt } = work;
  const body = JSON.stringify(manifest);
  const last = await lastManifest(tx, organisationId, vehicleId);
  if (last && JSON.stringify(last.manifest.ecus) === JSON.stringify(manifest.ecus)) {
    await tx
      .updateTable("versionManifests")
      .set({ receivedAt, body })
      .where("organisationId", "=", organisationId)
      .where("manifestId", "=", last.manifestId)
      .execute();
    return;
  }
  await tx
    .insertInto("versionManifests")
    .values({ organisationId, manifestId: uuidv7(), vehicleId, receivedAt, body })
    .execute();
}

export interface KeptManifest {
  readonly manifestId: string;
  readonly receivedAt: number;
  readonly manifest: VersionManifest;
}

/** What the vehicle said about itself last. */
export async function lastManifest(
  db: Database,
  organisationId: string,
  vehicleId: string,
): Promise<KeptManifest | undefined> {
  const row = await db
    .selectFrom("versionManifests")
    .select(["manifestId", "receivedAt", "body"])
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .orderBy("manifestId", "desc")
    .limit(1)
    .executeTakeFirst();
  if (!row) return undefined;
  const { body, ...kept } = row;
  return { ...kept, manifest: JSON.parse(body) as VersionManifest };
}

/** An ECU that could not be asked keeps what it said last. */
const reportedColumns = (report: EcuReport, at: number) =>
  couldBeAsked(report)
    ? {
        bootState: report.bootState,
        version: report.version ?? null,
        versionKey: reportedVersionKey(report.version),
        imageSha256: report.imageSha256 ?? null,
        releaseCounter: report.releaseCounter ?? null,
        activeBank: report.activeBank ?? null,
        reportedAt: at,
      }
    : { bootState: report.bootState };

const couldBeAsked = ({ version, imageSha256 }: EcuReport): boolean =>
  version !== undefined || imageSha256 !== undefined;

function changeOf(ecu: EcuRow, report: EcuReport): SoftwareChange | undefined {
  if (!couldBeAsked(report)) return undefined;
  const from = software(ecu.version, ecu.imageSha256);
  const to = software(report.version, report.imageSha256);
  if (ecu.reportedAt !== null && JSON.stringify(from) === JSON.stringify(to)) return undefined;
  return { ecuId: ecu.ecuId, name: ecu.name, from, to };
}

const software = (version: string | null | undefined, sha256: string | null | undefined) => ({
  ...(version ? { version } : {}),
  ...(sha256 ? { sha256 } : {}),
});

/** What no open job explains was done by other means, and is worth an entry in the audit log. */
async function noteChanges(work: Work, vehicleId: string, changes: readonly SoftwareChange[]): Promise<void> {
  const { tx, organisationId, at } = work;
  await noteHistory(tx, organisationId, at, [{ vehicleId, kind: "software", detail: { changes } }]);
  const known = changes.filter(({ from }) => from.version !== undefined || from.sha256 !== undefined);
  if (known.length === 0) return;
  const expected = new Set<string>();
  for (const { jobId } of await openJobs(tx, organisationId, vehicleId)) {
    for (const { ecuId, version } of await jobEcus(tx, organisationId, jobId)) {
      expected.add(`${ecuId} ${version}`);
    }
  }
  const unexplained = known.filter(({ ecuId, to }) => !expected.has(`${ecuId} ${to.version ?? ""}`));
  if (unexplained.length === 0) return;
  await work.audit({
    action: "vehicle.softwareChanged",
    subjectKind: "vehicle",
    subjectId: vehicleId,
    payload: { changes: unexplained },
  });
}
