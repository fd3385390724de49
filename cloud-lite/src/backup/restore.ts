import { chmod, mkdir, mkdtemp, readdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { artifactFolder, type ArtifactStore } from "../artifacts/store.ts";
import type { Seal } from "../audit/checkpoint.ts";
import { readSeal, sealLog } from "../audit/seal.ts";
import { headOf } from "../audit/store.ts";
import { requireUnbroken } from "../audit/verify.ts";
import { databaseOf, keyFolder, isMark, openArtifacts, type Place } from "../data-folder.ts";
import { isPostgresUrl } from "../db/engine.ts";
import type { Database } from "../db/database.ts";
import { connect, DEFAULT_ORGANISATION, openDatabase } from "../db/open.ts";
import { withoutPassword } from "../db/postgres.ts";
import { onDisk } from "../disk.ts";
import { Refusal } from "../refusals.ts";
import { orEmptiedAgain } from "./empty-postgres.ts";
import { listBackups, objectFolder, objectsOf, readManifest, type Manifest } from "./manifest.ts";
import { readKeyFiles } from "../trust/keys.ts";
import { joinPieces, readObject } from "./pieces.ts";
import { loadPostgres } from "./postgres-tools.ts";
import { copyIntoPostgres } from "./sqlite-into-postgres.ts";

interface Counted {
  readonly vehicles: number;
  readonly auditEntries: number;
}

export interface Restored extends Counted {
  readonly name: string;
  /** When the backup was begun, UTC ms. */
  readonly at: number;
}

/**
 * Makes a cloud again from a backup, in an empty place: digests of everything and the audit chain are checked before it
 * can be started. Where it fails, folder and database are as empty as before. A backup of an older version is brought up to date; an embedded database may become one of PostgreSQL.
 * @param name of the backup; the newest unless given
 * @throws {Refusal} BACKUP_NONE, BACKUP_DAMAGED, RESTORE_NOT_EMPTY, RESTORE_NEEDS_POSTGRES, DATA_UNUSABLE,
 *   AUDIT_BROKEN, AUDIT_SEAL_BROKEN, RESTORE_LEFT_OVER, or one of PostgreSQL's tools
 */
export async function restoreBackup(
  folder: string,
  place: Place,
  now: () => number,
  name?: string,
): Promise<Restored> {
  const names = await listBackups(folder);
  const chosen = name ?? names.at(-1);
  if (chosen === undefined || !names.includes(chosen)) {
    throw new Refusal("BACKUP_NONE", { folder, name: chosen ?? "yet" });
  }
  const manifest = await readManifest(folder, chosen);
  if (manifest.engine === "postgres" && !isPostgresUrl(databaseOf(place))) {
    throw new Refusal("RESTORE_NEEDS_POSTGRES", { name: chosen });
  }
  return onDisk("DATA_UNUSABLE", place.data, async () => {
    await refuseFilled(place);
    return { name: chosen, at: manifest.at, ...(await restoreBeside(place, folder, manifest, now)) };
  });
}

async function restoreBeside(
  place: Place,
  folder: string,
  manifest: Manifest,
  now: () => number,
): Promise<Counted> {
  // Beside the folder and renamed at the end: a restore that was cut off is no cloud.
  await mkdir(dirname(place.data), { recursive: true });
  const unfinished = await mkdtemp(`${place.data}.restoring-`);
  try {
    const counted = await restoreInto({ ...place, data: unfinished }, folder, manifest, now);
    await rmdir(place.data).catch(() => undefined);
    await rename(unfinished, place.data);
    return counted;
  } catch (error) {
    await rm(unfinished, { recursive: true });
    throw error;
  }
}

/** @throws {Refusal} RESTORE_NOT_EMPTY */
async function refuseFilled(place: Place): Promise<void> {
  const [found] = await readdir(place.data).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  if (found !== undefined) throw new Refusal("RESTORE_NOT_EMPTY", { place: place.data, found });
  const url = databaseOf(place);
  if (!isPostgresUrl(url)) return;
  const db = await connect(url, 1);
  try {
    const [table] = await db.introspection.getTables({ withInternalKyselyTables: true });
    if (table) throw new Refusal("RESTORE_NOT_EMPTY", { place: withoutPassword(url), found: table.name });
  } finally {
    await db.destroy();
  }
}

async function restoreInto(
  place: Place,
  folder: string,
  manifest: Manifest,
  now: () => number,
): Promise<Counted> {
  const objects = artifactFolder(objectFolder(folder));
  // Before anything is made of it: a database of PostgreSQL is in its place from the first row on.
  for (const sha256 of new Set(objectsOf(manifest))) await readObject(objects, sha256);
  return orEmptiedAgain(databaseOf(place), async () => {
    await restoreDatabase(place, objects, manifest, now);
    return restoreFiles(place, objects, manifest, now);
  });
}

async function restoreFiles(
  place: Place,
  objects: ArtifactStore,
  manifest: Manifest,
  now: () => number,
): Promise<Counted> {
  // What makes the folder a cloud comes last.
  const isLast = ({ path }: { path: string }): boolean => isMark(path);
  await writeFiles(
    objects,
    place.data,
    manifest.files.filter((file) => !isLast(file)),
  );
  const counted = await check(place, manifest, now);
  await mkdir(join(place.data, "artifacts"), { recursive: true, mode: 0o750 });
  const artifacts = await openArtifacts(place);
  for (const sha256 of manifest.artifacts) await artifacts.put(await readObject(objects, sha256));
  await writeFiles(objects, place.data, manifest.files.filter(isLast));
  return counted;
}

async function restoreDatabase(
  place: Place,
  objects: ArtifactStore,
  { engine, database }: Manifest,
  now: () => number,
): Promise<void> {
  const target = databaseOf(place);
  if (!isPostgresUrl(target)) return joinPieces(objects, database, target);
  const passing = await mkdtemp(join(place.data, ".database-"));
  const file = join(passing, "file");
  await joinPieces(objects, database, file);
  await (engine === "postgres" ? loadPostgres(target, file) : copyIntoPostgres(file, target, now));
  await rm(passing, { recursive: true });
}

async function writeFiles(objects: ArtifactStore, data: string, files: Manifest["files"]): Promise<void> {
  for (const { path, mode, sha256 } of files) {
    const file = join(data, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, await readObject(objects, sha256), { mode, flag: "wx" });
    await chmod(file, mode);
  }
}

/**
 * Brings the schema up to date, then counts, and walks the audit chain up to the seal that came with it; then seals the
 * log as far as it goes here.
 * @throws {Refusal} AUDIT_BROKEN or AUDIT_SEAL_BROKEN
 */
async function check(place: Place, manifest: Manifest, now: () => number): Promise<Counted> {
  const signers = await readKeyFiles(keyFolder(place.data));
  const db = await openDatabase(databaseOf(place), now, { connections: 2 });
  try {
    const { publicKey } = signers.audit;
    const seal = await readSeal(place.data, publicKey);
    const auditEntries = await checkAudit(db, manifest, publicKey, seal);
    await sealLog({ db, signers }, place.data, DEFAULT_ORGANISATION, now());
    return { vehicles: await countVehicles(db), auditEntries };
  } finally {
    await db.destroy();
  }
}

async function countVehicles(db: Database): Promise<number> {
  const { count } = await db
    .selectFrom("vehicles")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return count;
}

/** The chain holds, and ends where it ended when the backup was taken. @throws {Refusal} AUDIT_BROKEN or AUDIT_SEAL_BROKEN */
async function checkAudit(
  db: Database,
  { engine, audit }: Manifest,
  publicKey: Uint8Array,
  seal: Seal | undefined,
): Promise<number> {
  let total = 0;
  for (const { organisationId, seq } of audit) {
    const sealed = seal?.organisationId === organisationId ? seal : undefined;
    const entries = await requireUnbroken(db, organisationId, publicKey, sealed);
    // A dump was begun a moment before its database was asked how far the chain goes.
    if (engine === "sqlite" && (await headOf(db, organisationId)).seq !== seq) {
      throw new Refusal("AUDIT_BROKEN", { seq, reason: "the end of the chain is missing" });
    }
    total += entries;
  }
  return total;
}
