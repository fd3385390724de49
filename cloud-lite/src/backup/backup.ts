import SqliteDatabase from "better-sqlite3";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { artifactFolder, type ArtifactStore } from "../artifacts/store.ts";
import { SEAL_FILE } from "../audit/seal.ts";
import { databaseOf, openArtifacts, requireCloud, type Place } from "../data-folder.ts";
import { isPostgresUrl } from "../db/engine.ts";
import { lockFolder } from "../db/folder-lock.ts";
import type { Database } from "../db/database.ts";
import { connect } from "../db/open.ts";
import { onDisk } from "../disk.ts";
import { Refusal } from "../refusals.ts";
import { prepareFolder } from "./folder.ts";
import { objectFolder, prune, writeManifest, type Manifest } from "./manifest.ts";
import { putPieces, readObject } from "./pieces.ts";
import { dumpPostgres } from "./postgres-tools.ts";

export interface BackupOptions {
  readonly place: Place;
  /** Where backups go; each adds only what is new. */
  readonly folder: string;
  /** How many are kept. */
  readonly kept: number;
  readonly at: number;
}

/**
 * Takes a backup of a cloud, also while it runs and writes: a consistent copy of the database, the artifacts that it
 * names, and the small files of the data folder, keys among them.
 * @returns its name
 * @throws {Refusal} CLOUD_NOT_INITIALISED, DATABASE_OTHER, BACKUP_INSIDE_DATA, BACKUP_FOLDER_UNUSABLE, BACKUP_RUNNING, ARTIFACT_UNUSABLE,
 *   or one of PostgreSQL's tools
 */
export async function takeBackup(options: BackupOptions): Promise<string> {
  await requireCloud(options.place);
  await prepareFolder(options.folder, options.place.data);
  return onDisk("BACKUP_FOLDER_UNUSABLE", options.folder, () => writeBackup(options));
}

async function writeBackup({ place, folder, kept, at }: BackupOptions): Promise<string> {
  const release = lock(folder);
  const scratch = await mkdtemp(join(folder, ".unfinished-"));
  try {
    const objects = artifactFolder(objectFolder(folder));
    const copy = join(scratch, "database");
    // Before the database: what is sealed now is in the copy.
    const seal = await readFile(join(place.data, SEAL_FILE)).catch(noFile);
    const engine = isPostgresUrl(databaseOf(place)) ? "postgres" : "sqlite";
    if (engine === "postgres") await dumpPostgres(databaseOf(place), copy);
    else await copySqlite(databaseOf(place), copy);
    const database = await putPieces(objects, copy);
    // A dump cannot be asked: what the database has meanwhile is at least what the dump names.
    const db = await connect(engine === "postgres" ? databaseOf(place) : copy, 2);
    try {
      const artifacts = await artifactsNamed(db);
      await copyArtifacts(place, objects, artifacts);
      const files = await putFiles(objects, place.data);
      if (seal) files.push({ path: SEAL_FILE, mode: 0o600, sha256: await objects.put(seal) });
      const audit = await auditHeads(db);
      const name = await writeManifest(folder, { format: 1, at, engine, database, audit, artifacts, files });
      await prune(folder, kept);
      return name;
    } finally {
      await db.destroy();
    }
  } finally {
    await rm(scratch, { recursive: true });
    release();
  }
}

function noFile(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

function lock(folder: string): () => void {
  try {
    return lockFolder(folder);
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause;
    throw new Refusal("BACKUP_RUNNING", { folder }, { cause });
  }
}

const ALL_PAGES = 0x7f_ff_ff_ff;

/** In one step: the copy begins anew whenever another connection writes between two steps. Writers do not wait. */
async function copySqlite(from: string, to: string): Promise<void> {
  const source = new SqliteDatabase(from);
  try {
    await source.backup(to, { progress: () => ALL_PAGES });
  } finally {
    source.close();
  }
}

/** Digests of the files that rows of the database name. */
async function artifactsNamed(db: Database): Promise<string[]> {
  const images = await db.selectFrom("images").select("sha256").distinct().execute();
  const deltas = await db
    .selectFrom("deltas")
    .select("sha256")
    .distinct()
    .where("state", "=", "made")
    .execute();
  const digests = [...images, ...deltas].flatMap(({ sha256 }) => sha256 ?? []);
  return [...new Set(digests)].toSorted();
}

/** @throws {Refusal} ARTIFACT_UNUSABLE */
async function copyArtifacts(place: Place, to: ArtifactStore, digests: readonly string[]): Promise<void> {
  const from = await openArtifacts(place);
  const store = place.artifacts || join(place.data, "artifacts");
  const refusal = (sha256: string, reason: string): Refusal =>
    new Refusal("ARTIFACT_UNUSABLE", { store, sha256, reason });
  for (const sha256 of digests) {
    if ((await to.length(sha256)) === undefined) await to.put(await readObject(from, sha256, refusal));
  }
}

/** What has a place of its own in a backup, or none. */
const ELSEWHERE = /^(artifacts|lock.*|cloud\.sqlite.*|audit-seal\.json.*)$/;

async function putFiles(objects: ArtifactStore, data: string): Promise<Manifest["files"]> {
  const files: Manifest["files"] = [];
  const add = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(data, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (folder === "" && ELSEWHERE.test(entry.name)) continue;
      if (entry.isDirectory()) await add(path);
      if (!entry.isFile()) continue;
      const { mode } = await stat(join(data, path));
      files.push({ path, mode: mode & 0o777, sha256: await objects.put(await readFile(join(data, path))) });
    }
  };
  await add("");
  return files;
}

async function auditHeads(db: Database): Promise<Manifest["audit"]> {
  return db
    .selectFrom("auditEntries as e")
    .select(["e.organisationId", "e.seq", "e.hash"])
    .where("e.seq", "=", (eb) =>
      eb
        .selectFrom("auditEntries as last")
        .select((last) => last.fn.max("last.seq").as("seq"))
        .whereRef("last.organisationId", "=", "e.organisationId"),
    )
    .execute();
}
