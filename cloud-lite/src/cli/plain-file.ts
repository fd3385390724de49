import { link, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { Refusal } from "../refusals.ts";

/** @throws {Refusal} FILE_UNREADABLE */
export async function readPlainFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new Refusal("FILE_UNREADABLE", { path, reason: reasonOf(cause) }, { cause });
  }
}

/** Before long work for nothing. @throws {Refusal} FILE_EXISTS */
export async function demandFree(path: string, force: boolean): Promise<void> {
  if (force) return;
  const found = await stat(path).catch(() => undefined);
  if (found) throw new Refusal("FILE_EXISTS", { path });
}

/**
 * Writes a whole file or none, and takes the place of another only where `force` says so.
 * @throws {Refusal} FILE_EXISTS or FILE_UNWRITABLE
 */
export async function writePlainFile(path: string, bytes: Uint8Array, force: boolean): Promise<void> {
  const draft = `${path}.${process.pid}.part`;
  try {
    await writeFile(draft, bytes, { flag: "wx" });
    // A link refuses a name that is taken; a rename does not.
    await (force ? rename(draft, path) : link(draft, path));
  } catch (cause) {
    if (codeOf(cause) === "EEXIST") throw new Refusal("FILE_EXISTS", { path }, { cause });
    throw new Refusal("FILE_UNWRITABLE", { path, reason: reasonOf(cause) }, { cause });
  } finally {
    await rm(draft, { force: true });
  }
}

/** Does what writes at a path. @throws {Refusal} FILE_UNWRITABLE */
export async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (codeOf(cause) === "") throw cause;
    throw new Refusal("FILE_UNWRITABLE", { path, reason: reasonOf(cause) }, { cause });
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "permission is denied",
  EISDIR: "it is a folder",
  ENOSPC: "the disk is full",
};

const reasonOf = (error: unknown): string => REASONS[codeOf(error)] ?? (codeOf(error) || String(error));
