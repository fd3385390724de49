import type { DesiredState, ReportedState } from "@halfshaft/ota-format";
import type { Database } from "../../db/database.ts";
import { reportedVersionKey } from "../../releases/version-key.ts";
import { Refusal } from "../../refusals.ts";
import { compareSettings, type Setting } from "./desired-state-rules.ts";
import { findImage, readDesiredState, readEffective, readReportedState } from "./desired-state-store.ts";
import { ecusOf, present, type EcuRow } from "../store.ts";
import { ecuSync, vehicleSync, type EcuFacts, type EcuSync, type WantedEcuSoftware } from "./twin-rules.ts";

/** The last job that made its software what an ECU should run. */
export interface LastJob {
  readonly ecuId: string;
  readonly jobId: string;
  readonly releaseId: string;
  readonly hardwareId: string;
  readonly imageId: string;
  readonly version: string;
  readonly sha256: string;
  readonly status: string;
  readonly offeredAt: number | null;
  readonly createdAt: number;
}

/** Offers that came to nothing (declined, expired, not made yet) leave what was wanted before. */
const REACHED = ["offered", "active", "succeeded", "failed", "rolledBack"] as const;

/** By ECU id. A job that has not ended is the last one, whenever it was made. */
export async function lastJobs(
  db: Database,
  organisationId: string,
  vehicleId: string,
): Promise<Map<string, LastJob>> {
  const rows = await db
    .selectFrom("jobs as j")
    .innerJoin("jobEcus as e", (join) =>
      join.onRef("e.organisationId", "=", "j.organisationId").onRef("e.jobId", "=", "j.jobId"),
    )
    .select([
      "e.ecuId",
      "j.jobId",
      "j.releaseId",
      "e.hardwareId",
      "e.imageId",
      "e.version",
      "e.sha256",
      "j.status",
      "j.offeredAt",
      "j.createdAt",
    ])
    .where("j.organisationId", "=", organisationId)
    .where("j.vehicleId", "=", vehicleId)
    .where("j.status", "in", REACHED)
    .orderBy("j.endedAt", (order) => order.asc().nullsLast())
    .orderBy("j.jobId")
    .execute();
  // The later one takes the earlier one's place.
  return new Map(rows.map((row) => [row.ecuId, row]));
}

export interface TwinEcu extends EcuSync {
  readonly ecuId: string;
  readonly name: string;
  readonly hardwareId: string;
  readonly kind: "uds" | "gateway";
  readonly desired?: Omit<WantedEcuSoftware, "since">;
  readonly reported?: { readonly version?: string; readonly sha256?: string; readonly at: number };
  readonly configuration: Setting[];
}

/** @throws {Refusal} VEHICLE_UNKNOWN */
export async function readTwin(db: Database, organisationId: string, vehicleId: string) {
  const vehicle = await db
    .selectFrom("vehicles")
    .select(["heldReason", "heldAt", "lastSeenAt", "manifestAt", "createdAt"])
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .executeTakeFirst();
  if (!vehicle) throw new Refusal("VEHICLE_UNKNOWN", { vehicleId });
  const desired = await readDesiredState(db, organisationId, vehicleId);
  const report = await readReportedState(db, organisationId, vehicleId);
  const wanted = await wantedSoftware(db, organisationId, vehicleId);
  const held =
    vehicle.heldReason === null ? {} : { held: { reason: vehicle.heldReason, since: vehicle.heldAt ?? 0 } };
  const ecus: TwinEcu[] = wanted.map(({ ecu, software, job }) => {
    const reported = reportOf(ecu);
    const facts: EcuFacts = {
      ...held,
      ...(software ? { wanted: software, order: orderOf(ecu, software) } : {}),
      ...(reported ? { reported } : {}),
      ...(job ? { job: jobState(job.status) } : {}),
      createdAt: vehicle.createdAt,
    };
    return twinEcu(ecu, facts, settingsOf(desired, report, ecu.ecuId));
  });
  const configuration = compareSettings(desired.configuration, report, { revision: desired.revision });
  const settings = [...configuration, ...ecus.flatMap((ecu) => ecu.configuration)];
  const state = vehicleSync(
    ecus.map((ecu) => ecu.state),
    settings.some((setting) => setting.state !== "applied"),
  );
  const alike = ecus.filter((ecu) => ecu.state === state);
  return {
    ...present({
      vehicleId,
      state,
      since: alike.length > 0 ? Math.min(...alike.map(({ since }) => since)) : null,
      lastSeenAt: vehicle.lastSeenAt,
      manifestAt: vehicle.manifestAt,
    }),
    reasons: [...new Set(alike.map(({ reason }) => reason))].sort(),
    desiredRevision: desired.revision,
    ...(report ? { reportedRevision: report.revision } : {}),
    configuration,
    ecus,
  };
}

export interface WantedEcu {
  readonly ecu: EcuRow;
  readonly software?: WantedEcuSoftware;
  readonly job?: LastJob;
}

/** What each ECU should run: by a desired state, else by its last job, else as it was built. */
export async function wantedSoftware(
  db: Database,
  organisationId: string,
  vehicleId: string,
): Promise<WantedEcu[]> {
  const effective = await readEffective(db, organisationId, vehicleId);
  const jobs = await lastJobs(db, organisationId, vehicleId);
  const wanted: WantedEcu[] = [];
  for (const ecu of await ecusOf(db, organisationId, [vehicleId])) {
    const job = jobs.get(ecu.ecuId);
    const word = effective.software[ecu.hardwareId];
    const image = word && (await findImage(db, organisationId, ecu.hardwareId, word));
    const since = effective.since ?? 0;
    const software = image ? ({ ...image, source: "desiredState", since } as const) : fromJob(job, ecu);
    wanted.push({ ecu, ...(software ? { software } : {}), ...(job ? { job } : {}) });
  }
  return wanted;
}

function fromJob(job: LastJob | undefined, ecu: EcuRow): WantedEcuSoftware | undefined {
  if (job) {
    const { version, sha256, releaseId, jobId } = job;
    return { version, sha256, releaseId, jobId, source: "job", since: job.offeredAt ?? job.createdAt };
  }
  if (ecu.builtVersion === null) return undefined;
  const sha256 = ecu.builtSha256 === null ? {} : { sha256: ecu.builtSha256 };
  return { version: ecu.builtVersion, ...sha256, source: "built", since: 0 };
}

const reportOf = (ecu: EcuRow): EcuFacts["reported"] =>
  ecu.reportedAt === null ? undefined : { ...software(ecu), since: ecu.softwareAt ?? ecu.reportedAt };

const software = ({ version, imageSha256 }: EcuRow) => ({
  ...(version === null ? {} : { version }),
  ...(imageSha256 === null ? {} : { sha256: imageSha256 }),
});

function orderOf(ecu: EcuRow, wanted: WantedEcuSoftware): number {
  const found = ecu.versionKey;
  const key = reportedVersionKey(wanted.version);
  if (found === null || key === null || found === key) return 0;
  return found < key ? -1 : 1;
}

function jobState(status: string): EcuFacts["job"] {
  if (status === "offered" || status === "active") return "open";
  return status === "succeeded" ? "succeeded" : "failed";
}

function settingsOf(desired: DesiredState, report: ReportedState | undefined, ecuId: string): Setting[] {
  const settings = desired.ecus.find((ecu) => ecu.ecuId === ecuId)?.configuration ?? {};
  return compareSettings(settings, report, { ecuId, revision: desired.revision });
}

function twinEcu(ecu: EcuRow, facts: EcuFacts, configuration: Setting[]): TwinEcu {
  const { ecuId, name, hardwareId, kind, reportedAt } = ecu;
  const { since: _since, ...desired } = facts.wanted ?? {};
  return {
    ecuId,
    name,
    hardwareId,
    kind,
    ...ecuSync(facts),
    ...(facts.wanted ? { desired: desired as Omit<WantedEcuSoftware, "since"> } : {}),
    ...(reportedAt === null ? {} : { reported: { ...software(ecu), at: reportedAt } }),
    configuration,
  };
}
