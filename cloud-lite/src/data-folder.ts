import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { initialise } from "./assemble.ts";
import { readS3Place } from "./artifacts/s3-place.ts";
import { artifactsInS3 } from "./artifacts/s3-store.ts";
import { artifactFolder, type ArtifactStore } from "./artifacts/store.ts";
import { SEAL_FILE, sealLog } from "./audit/seal.ts";
import type { CloudConfig } from "./config.ts";
import { isPostgresUrl } from "./db/engine.ts";
import { lockFolder } from "./db/folder-lock.ts";
import type { Database } from "./db/database.ts";
import { connect, DEFAULT_ORGANISATION, openDatabase } from "./db/open.ts";
import { withoutPassword } from "./db/postgres.ts";
import { Refusal } from "./refusals.ts";
import { createKeyFiles, readKeyFiles, type Signers } from "./trust/keys.ts";
import { checkKeys, holdsCloud, isFounded } from "./trust/owner.ts";

/** Where a cloud is: its folder, and what of it is elsewhere. */
export type Place = Pick<CloudConfig, "data"> &
  Partial<Pick<CloudConfig, "database" | "databaseConnections" | "artifacts">>;

/**
 * One folder holds everything of an embedded cloud: back it up, and you have backed up the cloud. Outgrown, it holds
 * the keys, of which each instance has a copy.
 */
export interface DataFolder {
  readonly db: Database;
  readonly signers: Signers;
  readonly artifacts: ArtifactStore;
}

/** What `openDatabase` takes. */
export const databaseOf = ({ data, database }: Place): string => database || join(data, "cloud.sqlite");
export const operatorKeyFile = (folder: string): string => join(folder, "operator-key");
export const keyFolder = (folder: string): string => join(folder, "keys");
const artifactsOf = (folder: string): string => join(folder, "artifacts");

/** @throws {Refusal} ARTIFACTS_PLACE_INVALID or ARTIFACTS_UNREACHABLE */
export const openArtifacts = async ({ data, artifacts }: Place): Promise<ArtifactStore> =>
  artifacts ? artifactsInS3(readS3Place(artifacts)) : artifactFolder(artifactsOf(data));

/** Written last. The key file says the same, until somebody has put it in a safe place. */
const markerFile = (folder: string): string => join(folder, "cloud.json");
const MARKER = `${JSON.stringify({ format: 1 })}\n`;

export const isInitialised = async (folder: string): Promise<boolean> =>
  (await isThere(markerFile(folder))) || (await isThere(operatorKeyFile(folder)));

/** Files with which a folder is a cloud. */
export const isMark = (path: string): boolean => path === "cloud.json" || path === "operator-key";

/** What a ceremony that was cut off may have left, or what another instance gave. */
const OURS = /^(artifacts|keys|lock|cloud\.sqlite.*|audit-seal\.json.*)$/;

/**
 * The first ceremony: keys, both roots, and an operator key in a file of its own. Where PostgreSQL has a cloud already,
 * this is another instance of it: its keys must be in the folder, and nothing is made.
 * @throws {Refusal} CLOUD_ALREADY_INITIALISED, DATA_NOT_OURS, DATA_UNUSABLE, KEYS_FOREIGN or AUDIT_SEAL_BROKEN
 */
export async function initialiseFolder(place: Place, now: () => number): Promise<"made" | "joined"> {
  const folder = place.data;
  if (await isInitialised(folder)) throw new Refusal("CLOUD_ALREADY_INITIALISED", { folder });
  const found = await readdir(folder).catch(() => []);
  const foreign = found.find((name) => !OURS.test(name));
  if (foreign !== undefined) throw new Refusal("DATA_NOT_OURS", { folder, found: foreign });
  return usable(folder, async () => {
    await mkdir(artifactsOf(folder), { recursive: true, mode: 0o750 });
    const db = await openDatabase(databaseOf(place), now);
    try {
      const founded = await isFounded(db, DEFAULT_ORGANISATION);
      if (founded && !(await isThere(keyFolder(folder)))) {
        throw new Refusal("KEYS_FOREIGN", { folder: keyFolder(folder) });
      }
      await createKeyFiles(keyFolder(folder));
      const signers = await readKeyFiles(keyFolder(folder));
      // In the folder it is what a ceremony that was cut off has left.
      const joins = founded && isPostgresUrl(databaseOf(place));
      if (joins) {
        await checkKeys(db, DEFAULT_ORGANISATION, signers, keyFolder(folder));
      } else {
        const { operatorKey } = await initialise(db, signers, now(), keyFolder(folder));
        await writeFile(operatorKeyFile(folder), `${operatorKey}\n`, { mode: 0o600, flag: "wx" });
      }
      // Left of a database that is gone.
      if (!founded) await rm(join(folder, SEAL_FILE), { force: true });
      await sealLog({ db, signers }, folder, DEFAULT_ORGANISATION, now());
      await writeFile(markerFile(folder), MARKER);
      return joins ? "joined" : "made";
    } finally {
      await db.destroy();
    }
  });
}

/**
 * That the folder is a cloud and the database is that of one. Without the option that names it, each command would find,
 * or begin, an empty one in the folder. Changes nothing.
 * @throws {Refusal} CLOUD_NOT_INITIALISED, DATABASE_OTHER, DATABASE_UNREACHABLE or DATA_UNUSABLE
 */
export async function requireCloud(place: Place): Promise<void> {
  const folder = place.data;
  if (!(await isInitialised(folder))) throw new Refusal("CLOUD_NOT_INITIALISED", { folder });
  const url = databaseOf(place);
  const inServer = isPostgresUrl(url);
  const other = new Refusal("DATABASE_OTHER", { folder, database: inServer ? withoutPassword(url) : url });
  if (!inServer && !(await isThere(url))) throw other;
  await usable(folder, async () => {
    const db = await connect(url, 1);
    try {
      if (!(await holdsCloud(db, DEFAULT_ORGANISATION))) throw other;
    } finally {
      await db.destroy();
    }
  });
}

/** @throws {Refusal} those of `requireCloud`, DATA_UNUSABLE, KEYS_FOREIGN, or one of `openDatabase` */
export async function openFolder(place: Place, now: () => number): Promise<DataFolder> {
  const folder = place.data;
  await requireCloud(place);
  return usable(folder, async () => {
    if (!(await isThere(markerFile(folder)))) await writeFile(markerFile(folder), MARKER);
    const signers = await readKeyFiles(keyFolder(folder));
    const db = await openDatabase(databaseOf(place), now, { connections: place.databaseConnections });
    try {
      await checkKeys(db, DEFAULT_ORGANISATION, signers, keyFolder(folder));
      return { db, signers, artifacts: await openArtifacts(place) };
    } catch (error) {
      await db.destroy();
      throw error;
    }
  });
}

/**
 * As `openFolder`; where the database is in the folder, it keeps every other cloud out until `release`.
 * @throws {Refusal} DATA_IN_USE besides
 */
export async function openFolderAlone(
  place: Place,
  now: () => number,
): Promise<DataFolder & { readonly release: () => void }> {
  const folder = place.data;
  // A lock is not made in a folder that is no cloud; what else is to be checked, `openFolder` does.
  if (!(await isInitialised(folder))) throw new Refusal("CLOUD_NOT_INITIALISED", { folder });
  if (isPostgresUrl(databaseOf(place)))
    return { ...(await openFolder(place, now)), release: () => undefined };
  const release = await usable(folder, async () => lockFolder(folder));
  try {
    return { ...(await openFolder(place, now)), release };
  } catch (error) {
    release();
    throw error;
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function usable<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Refusal("DATA_UNUSABLE", { path, reason }, { cause });
  }
}
