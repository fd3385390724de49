import { imageTargetName } from "@halfshaft/ota-format/trust";
import type { Database } from "../../db/database.ts";
import { isOneOf } from "../../db/one-of.ts";
import type { DesiredSoftware, DirectorTarget } from "../../trust/director-repository.ts";

/**
 * What the Director is to say about a vehicle: the software of its last job, also after the job has ended, for that
 * is still what the vehicle should have; and for every other ECU what its last successful job brought. A vehicle
 * carries out only what its offer's job and release name, so that the rest tells and does nothing. An ECU whose image
 * is one of the present job's is left out, for targets are keyed by filename and would make it part of that job.
 */
export async function desiredSoftware(
  db: Database,
  organisationId: string,
  vehicleId: string,
): Promise<DesiredSoftware> {
  const { desiredJobId, desiredRevision: revision } = await db
    .selectFrom("vehicles")
    .select(["desiredJobId", "desiredRevision"])
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .executeTakeFirstOrThrow();
  if (desiredJobId === null) return { vehicleId, revision, targets: [] };
  const rows = await softwareOfJobs(db, organisationId, vehicleId, desiredJobId);
  const isNow = (row: JobSoftware): boolean => row.jobId === desiredJobId;
  const present = targetsOf(rows.filter(isNow));
  const ecuIds = new Set(rows.filter(isNow).map(({ ecuId }) => ecuId));
  // Of several jobs of an ECU the last one.
  const others = new Map(rows.filter(({ ecuId }) => !ecuIds.has(ecuId)).map((row) => [row.ecuId, row]));
  const earlier = targetsOf([...others.values()].filter((row) => !present.has(pathOf(row))));
  return { vehicleId, revision, targets: [...present.values(), ...earlier.values()] };
}

type JobSoftware = Awaited<ReturnType<typeof softwareOfJobs>>[number];

/** Images of the present job and of all successful ones, for the ECUs that the vehicle has; in the order in which the jobs ended. */
const softwareOfJobs = (db: Database, organisationId: string, vehicleId: string, presentJobId: string) =>
  db
    .selectFrom("jobs as j")
    .innerJoin("jobEcus as e", (join) =>
      join.onRef("e.organisationId", "=", "j.organisationId").onRef("e.jobId", "=", "j.jobId"),
    )
    .innerJoin("ecus as now", (join) =>
      join
        .onRef("now.organisationId", "=", "j.organisationId")
        .onRef("now.vehicleId", "=", "j.vehicleId")
        .onRef("now.ecuId", "=", "e.ecuId"),
    )
    .innerJoin("images as i", (join) =>
      join.onRef("i.organisationId", "=", "e.organisationId").onRef("i.imageId", "=", "e.imageId"),
    )
    .select([
      "j.jobId",
      "e.ecuId",
      "e.hardwareId",
      "i.version",
      "i.length",
      "i.sha256",
      "i.sha512",
      "i.releaseCounter",
      "i.releaseId",
    ])
    .where("j.organisationId", "=", organisationId)
    .where("j.vehicleId", "=", vehicleId)
    .where((eb) => eb.or([eb("j.jobId", "=", presentJobId), eb("j.status", "=", "succeeded")]))
    .orderBy("j.endedAt", (order) => order.asc().nullsLast())
    .orderBy("j.jobId")
    .orderBy("e.position")
    .execute();

const pathOf = (row: Pick<JobSoftware, "hardwareId" | "version">): string =>
  imageTargetName(row.hardwareId, row.version);

/** By filename: ECUs that get the same image share a target. */
function targetsOf(rows: readonly JobSoftware[]): Map<string, DirectorTarget> {
  const targets = new Map<string, DirectorTarget>();
  for (const row of rows) {
    const path = pathOf(row);
    const { length, sha256, sha512, releaseCounter, releaseId, jobId } = row;
    const custom: DirectorTarget["custom"] = { ecuIdentifiers: {}, releaseCounter, releaseId, jobId };
    const target = targets.get(path) ?? { path, length, sha256, sha512, custom };
    target.custom.ecuIdentifiers[row.ecuId] = { hardwareId: row.hardwareId };
    targets.set(path, target);
  }
  return targets;
}

/** Rises with every change of what the Director must sign. */
export async function desiredRevision(
  db: Database,
  organisationId: string,
  vehicleId: string,
): Promise<number> {
  const row = await db
    .selectFrom("vehicles")
    .select("desiredRevision")
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .executeTakeFirstOrThrow();
  return row.desiredRevision;
}

/** Makes the software of jobs what their vehicles should have; the Director signs it when it is next asked. */
export async function setDesiredJobs(
  tx: Database,
  organisationId: string,
  jobIds: readonly string[],
): Promise<void> {
  if (jobIds.length === 0) return;
  await tx
    .updateTable("vehicles")
    .from("jobs as j")
    .set((eb) => ({
      desiredJobId: eb.ref("j.jobId"),
      desiredRevision: eb("vehicles.desiredRevision", "+", 1),
    }))
    .where("j.organisationId", "=", organisationId)
    .where(isOneOf(tx, "j.jobId", jobIds))
    .whereRef("vehicles.organisationId", "=", "j.organisationId")
    .whereRef("vehicles.vehicleId", "=", "j.vehicleId")
    .where((eb) => eb.or([eb("desiredJobId", "is", null), eb("desiredJobId", "!=", eb.ref("j.jobId"))]))
    .execute();
}

/** The Director signs anew when it is next asked. */
export async function raiseDesiredRevision(
  tx: Database,
  organisationId: string,
  vehicleId: string,
): Promise<void> {
  await tx
    .updateTable("vehicles")
    .set((eb) => ({ desiredRevision: eb("desiredRevision", "+", 1) }))
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .execute();
}
