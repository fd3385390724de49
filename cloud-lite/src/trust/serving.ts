import type { Cloud } from "../cloud.ts";
import type { Database } from "../db/database.ts";
import { inOneTransaction } from "../db/transaction.ts";
import { desiredRevision, desiredSoftware } from "../vehicles/twin/desired.ts";
import { directorIsStale, directorScope, signDirector } from "./director-repository.ts";
import { imageRepositoryIsStale, imageScope, refreshImageRepository } from "./image-repository.ts";
import { holdRepository, latestRole, type RepositoryScope } from "./metadata-store.ts";

/**
 * Metadata is signed when it is asked for and not current: nothing expires as long as someone reads, a campaign over
 * many vehicles starts at once, and a vehicle that never asks costs nothing.
 */
export async function currentImageRepository(cloud: Cloud, organisationId: string): Promise<void> {
  const at = cloud.now();
  if (!(await imageRepositoryIsStale(imageScope(cloud.db, organisationId, at)))) return;
  await inOneTransaction(cloud.db, (tx) =>
    refreshImageRepository(imageScope(tx, organisationId, at), cloud.signers),
  );
}

export async function currentDirector(
  cloud: Cloud,
  organisationId: string,
  vehicleId: string,
): Promise<void> {
  const at = cloud.now();
  const revision = await desiredRevision(cloud.db, organisationId, vehicleId);
  if (!(await directorIsStale(directorScope(cloud.db, organisationId, vehicleId, at), revision))) return;
  await inOneTransaction(cloud.db, async (tx) => {
    const scope = directorScope(tx, organisationId, vehicleId, at);
    await holdRepository(scope);
    const current = await desiredSoftware(tx, organisationId, vehicleId);
    if (await directorIsStale(scope, current.revision)) await signDirector(scope, cloud.signers, current);
  });
}

/** The body of `timestamp.json` or `<version>.<role>.json`. */
export async function readMetadata(
  db: Database,
  organisationId: string,
  repository: string,
  file: string,
): Promise<string | undefined> {
  if (file === "timestamp.json") {
    const scope: RepositoryScope = { tx: db, organisationId, repository, at: 0 };
    return (await latestRole(scope, "timestamp"))?.body;
  }
  const [version, role] = file.split(".");
  const row = await db
    .selectFrom("tufMetadata")
    .select("body")
    .where("organisationId", "=", organisationId)
    .where("repository", "=", repository)
    .where("role", "=", role!)
    .where("version", "=", Number(version))
    .executeTakeFirst();
  return row?.body;
}
