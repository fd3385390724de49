import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { initialise } from "./assemble.ts";
import { artifactFolder, type ArtifactStore } from "./artifacts/store.ts";
import { lockFolder } from "./db/folder-lock.ts";
import { openDatabase, type Database } from "./db/open.ts";
import { Refusal } from "./refusals.ts";
import { createKeyFiles, readKeyFiles, type Signers } from "./trust/keys.ts";

/** One folder holds everything of an embedded cloud: back it up, and you have backed up the cloud. */
export interface DataFolder {
  readonly db: Database;
  readonly signers: Signers;
  readonly artifacts: ArtifactStore;
}

const databaseFile = (folder: string): string => join(folder, "cloud.sqlite");
export const operatorKeyFile = (folder: string): string => join(folder, "operator-key");

export async function isInitialised(folder: string): Promise<boolean> {
  // The key file is written last.
  return stat(operatorKeyFile(folder)).then(
    () => true,
    () => false,
  );
}

/** What a ceremony that was cut off may have left. */
const OURS = /^(artifacts|keys|lock|cloud\.sqlite.*)$/;

/**
 * The first ceremony: keys, both roots, and an operator key in a file of its own.
 * @throws {Refusal} CLOUD_ALREADY_INITIALISED, DATA_NOT_OURS or DATA_UNUSABLE
 */
export async function initialiseFolder(folder: string, now: () => number): Promise<void> {
  if (await isInitialised(folder)) throw new Refusal("CLOUD_ALREADY_INITIALISED", { folder });
  const found = await readdir(folder).catch(() => []);
  const foreign = found.find((name) => !OURS.test(name));
  if (foreign !== undefined) throw new Refusal("DATA_NOT_OURS", { folder, found: foreign });
  await usable(folder, async () => {
    await mkdir(join(folder, "artifacts"), { recursive: true, mode: 0o750 });
    await createKeyFiles(join(folder, "keys"));
    const signers = await readKeyFiles(join(folder, "keys"));
    const db = await openDatabase(databaseFile(folder), now);
    try {
      const { operatorKey } = await initialise(db, signers, now());
      await writeFile(operatorKeyFile(folder), `${operatorKey}\n`, { mode: 0o600, flag: "wx" });
    } finally {
      await db.destroy();
    }
  });
}

/** @throws {Refusal} CLOUD_NOT_INITIALISED or DATA_UNUSABLE */
export async function openFolder(folder: string, now: () => number): Promise<DataFolder> {
  if (!(await isInitialised(folder))) throw new Refusal("CLOUD_NOT_INITIALISED", { folder });
  return usable(folder, async () => ({
    signers: await readKeyFiles(join(folder, "keys")),
    db: await openDatabase(databaseFile(folder), now),
    artifacts: artifactFolder(join(folder, "artifacts")),
  }));
}

/** As `openFolder`, and keeps every other cloud out until `release`. @throws {Refusal} DATA_IN_USE besides */
export async function openFolderAlone(
  folder: string,
  now: () => number,
): Promise<DataFolder & { readonly release: () => void }> {
  if (!(await isInitialised(folder))) throw new Refusal("CLOUD_NOT_INITIALISED", { folder });
  const release = await usable(folder, async () => lockFolder(folder));
  try {
    return { ...(await openFolder(folder, now)), release };
  } catch (error) {
    release();
    throw error;
  }
}

async function usable<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Refusal("DATA_UNUSABLE", { path, reason }, { cause });
  }
}
