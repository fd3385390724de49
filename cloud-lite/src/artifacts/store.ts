import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rename, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";

/** First and last byte, both inclusive, as HTTP counts. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** Files by their SHA-256. Never changed once written. */
export interface ArtifactStore {
  /** Writes the bytes durably and returns their SHA-256, hex; a second time is harmless. */
  put(bytes: Uint8Array): Promise<string>;
  /** Length in bytes, or undefined where the file is missing. */
  length(sha256: string): Promise<number | undefined>;
  read(sha256: string): Promise<Uint8Array>;
  stream(sha256: string, range: ByteRange): Readable;
  /** Asks a store on another machine whether it is there. @throws {Refusal} ARTIFACTS_UNREACHABLE */
  check?(): Promise<void>;
}

/** A folder `ab/abcdef…`: a file is complete and synced before it has its name. */
export function artifactFolder(folder: string): ArtifactStore {
  const pathOf = (sha256: string): string => join(folder, sha256.slice(0, 2), sha256);
  const lengthOf = async (sha256: string): Promise<number | undefined> => {
    try {
      return (await stat(pathOf(sha256))).size;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  };
  return {
    async put(bytes) {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      if ((await lengthOf(sha256)) === bytes.length) return sha256;
      const shelf = join(folder, sha256.slice(0, 2));
      await mkdir(shelf, { recursive: true });
      const unfinished = join(shelf, `.${randomUUID()}`);
      try {
        await writeSynced(unfinished, bytes);
        await rename(unfinished, pathOf(sha256));
      } catch (error) {
        await unlink(unfinished).catch(() => undefined);
        throw error;
      }
      await syncFolder(shelf);
      await syncFolder(folder);
      return sha256;
    },
    length: lengthOf,
    read: async (sha256) => new Uint8Array(await readFile(pathOf(sha256))),
    stream: (sha256, range) => createReadStream(pathOf(sha256), { start: range.first, end: range.last }),
  };
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o640);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Without this the new name may be gone after a power cut. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
