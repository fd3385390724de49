import { open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Type, type Static } from "typebox";
import { Value } from "typebox/value";
import { Refusal } from "../refusals.ts";

const strict = { additionalProperties: false };
const Digest = Type.String({ pattern: "^[0-9a-f]{64}$" });

/** One backup: what it consists of. Everything is an object under its SHA-256, so what two backups share is kept once. */
export const Manifest = Type.Object(
  {
    format: Type.Literal(1),
    /** When it was begun, UTC ms: what was committed before is in it. */
    at: Type.Integer(),
    engine: Type.Union([Type.Literal("sqlite"), Type.Literal("postgres")]),
    /** The database file, or PostgreSQL's dump, in pieces. */
    database: Type.Array(Digest),
    /** Where the audit chain of each organisation ended. */
    audit: Type.Array(
      Type.Object({ organisationId: Type.String(), seq: Type.Integer(), hash: Type.String() }, strict),
    ),
    artifacts: Type.Array(Digest),
    /** The other files of the data folder: keys and the like. */
    files: Type.Array(
      Type.Object(
        { path: Type.String({ pattern: "^(?!.*\\.\\.)[^/].*$" }), mode: Type.Integer(), sha256: Digest },
        strict,
      ),
    ),
  },
  strict,
);
export type Manifest = Static<typeof Manifest>;

export const objectFolder = (folder: string): string => join(folder, "objects");
export const manifestFolder = (folder: string): string => join(folder, "backups");

/** `20260101T120000000Z`: the name of a backup, in order of time. */
const nameOf = (at: number): string => new Date(at).toISOString().replaceAll(/[-:.]/g, "");
const NAME = /^(\d{8}T\d{9}Z)\.json$/;
const PARTS = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/;
const timeOf = (name: string): number => Date.parse(name.replace(PARTS, "$1-$2-$3T$4:$5:$6.$7Z"));

/** Names of the finished backups, oldest first. */
export async function listBackups(folder: string): Promise<string[]> {
  const found = await readdir(manifestFolder(folder)).catch(() => []);
  return found.flatMap((file) => NAME.exec(file)?.[1] ?? []).toSorted();
}

/** When the newest finished backup was begun, UTC ms. */
export async function newestBackupAt(folder: string): Promise<number | undefined> {
  const name = (await listBackups(folder)).at(-1);
  return name === undefined ? undefined : timeOf(name);
}

/** A backup is there once this has returned. @returns its name */
export async function writeManifest(folder: string, manifest: Manifest): Promise<string> {
  const name = nameOf(manifest.at);
  const unfinished = join(manifestFolder(folder), `.${name}`);
  const file = await open(unfinished, "w", 0o600);
  try {
    await file.writeFile(JSON.stringify(manifest));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, join(manifestFolder(folder), `${name}.json`));
  return name;
}

/** @throws {Refusal} BACKUP_DAMAGED */
export async function readManifest(folder: string, name: string): Promise<Manifest> {
  const path = join(manifestFolder(folder), `${name}.json`);
  try {
    return Value.Parse(Manifest, JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    throw new Refusal("BACKUP_DAMAGED", { path, reason: "it is no list of a backup" }, { cause });
  }
}

/** Every object that a backup consists of. */
export const objectsOf = ({ database, artifacts, files }: Manifest): string[] => [
  ...database,
  ...artifacts,
  ...files.map(({ sha256 }) => sha256),
];

/** Deletes all but the newest backups, and the objects that no other one has. */
export async function prune(folder: string, kept: number): Promise<void> {
  const names = await listBackups(folder);
  const old = names.slice(0, -kept);
  if (old.length === 0) return;
  const needed = new Set<string>();
  for (const name of names.slice(-kept)) {
    for (const sha256 of objectsOf(await readManifest(folder, name))) needed.add(sha256);
  }
  const dropped = new Set<string>();
  for (const name of old) {
    const objects = await readManifest(folder, name).then(objectsOf, () => []);
    for (const sha256 of objects) if (!needed.has(sha256)) dropped.add(sha256);
    await rm(join(manifestFolder(folder), `${name}.json`));
  }
  for (const sha256 of dropped) {
    await rm(join(objectFolder(folder), sha256.slice(0, 2), sha256), { force: true });
  }
}
