import { imageTargetName } from "@halfshaft/ota-format/trust";
import type { Database } from "../db/open.ts";
import type { DesiredSoftware, DirectorTarget } from "../trust/director-repository.ts";

/**
 * What the Director is to say about a vehicle: the software of its last job, also after the job has ended, for that
 * is still what the vehicle should have.
 */
export async function desiredSoftware(
  db: Database,
  organisationId: string,
  vehicleId: string,
): Promise<DesiredSoftware> {
  const { desiredJobId, desiredRevision } = await db
    .selectFrom("vehicles")
    .select(["desiredJobId", "desiredRevision"])
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .executeTakeFirstOrThrow();
  const base = { vehicleId, revision: desiredRevision };
  if (desiredJobId === null) return { ...base, targets: [] };
  const rows = await db
    .selectFrom("jobEcus as e")
    .innerJoin("images as i", "i.imageId", "e.imageId")
    .select([
      "e.ecuId",
      "e.hardwareId",
      "i.version",
      "i.length",
      "i.sha256",
      "i.sha512",
      "i.releaseCounter",
      "i.releaseId",
    ])
    .where("e.organisationId", "=", organisationId)
    .where("e.jobId", "=", desiredJobId)
    .orderBy("e.position")
    .execute();
  const targets = new Map<string, DirectorTarget>();
  for (const row of rows) {
    const path = imageTargetName(row.hardwareId, row.version);
    const { length, sha256, sha512, releaseCounter, releaseId } = row;
    const target = targets.get(path) ?? {
      path,
      length,
      sha256,
      sha512,
      custom: { ecuIdentifiers: {}, releaseCounter, releaseId, jobId: desiredJobId },
    };
    // Targets are keyed by filename: ECUs that get the same image share one.
    target.custom.ecuIdentifiers[row.ecuId] = { hardwareId: row.hardwareId };
    targets.set(path, target);
  }
  return { ...base, targets: [...targets.values()] };
}

/** Makes a job's software what the vehicle should have; the Director signs it when it is next asked. */
export async function setDesiredJob(
  tx: Database,
  organisationId: string,
  vehicleId: string,
  jobId: string,
): Promise<void> {
  await tx
    .updateTable("vehicles")
    .set((eb) => ({ desiredJobId: jobId, desiredRevision: eb("desiredRevision", "+", 1) }))
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .where((eb) => eb.or([eb("desiredJobId", "is", null), eb("desiredJobId", "!=", jobId)]))
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
