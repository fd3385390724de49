import type { Database } from "../db/database.ts";
import { Refusal } from "../refusals.ts";
import { DIRECTOR_ROOT_REPOSITORY } from "./director-repository.ts";
import { IMAGE_REPOSITORY } from "./image-repository.ts";
import type { Signers } from "./keys.ts";
import { latestRole } from "./metadata-store.ts";

/** Whether a cloud has made its roots in this database. */
export const isFounded = async (db: Database, organisationId: string): Promise<boolean> =>
  (await rootOf(db, organisationId, IMAGE_REPOSITORY)) !== undefined;

/** As `isFounded`, also of a database without any tables. */
export async function holdsCloud(db: Database, organisationId: string): Promise<boolean> {
  const tables = await db.withoutPlugins().introspection.getTables();
  return tables.some(({ name }) => name === "tuf_metadata") && isFounded(db, organisationId);
}

/**
 * Keys of another cloud would sign what no vehicle of this one trusts.
 * @param keys where the signers come from, for a person.
 * @throws {Refusal} KEYS_FOREIGN
 */
export async function checkKeys(
  db: Database,
  organisationId: string,
  signers: Signers,
  keys: string,
): Promise<void> {
  for (const [repository, signer] of [
    [IMAGE_REPOSITORY, signers["image-timestamp"]],
    [DIRECTOR_ROOT_REPOSITORY, signers["director-timestamp"]],
  ] as const) {
    const root = await rootOf(db, organisationId, repository);
    if (root && !Object.hasOwn(root.signed.keys, signer.keyId))
      throw new Refusal("KEYS_FOREIGN", { folder: keys });
  }
}

async function rootOf(
  db: Database,
  organisationId: string,
  repository: string,
): Promise<{ signed: { keys: object } } | undefined> {
  const root = await latestRole({ tx: db, organisationId, repository, at: 0 }, "root");
  return root && (JSON.parse(root.body) as { signed: { keys: object } });
}
