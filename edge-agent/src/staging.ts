import { type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import { createReadStream } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Clock } from "@halfshaft/vehicle-net/clock";
import { StagingError } from "./staging-error.ts";

/** Left free for the rest of the gateway. */
const RESERVE_BYTES = 4 * 1024 * 1024;

/** A download on its way: bytes are appended, and what is there survives a power cut. */
export interface PartialFile {
  readonly length: number;
  append(bytes: Uint8Array): Promise<void>;
  /** Bytes from the start, in pieces: to hash what an earlier run has left. */
  read(): AsyncIterable<Uint8Array>;
  /** Throws away what is there. */
  truncate(): Promise<void>;
  /** Syncs to disk and closes. */
  close(): Promise<void>;
}

/**
 * Files by their SHA-256. A name in the folder is a promise: the bytes were synced before the file got it.
 * Whether the digest is right is for `verify` and `patch` to say before they publish.
 */
export class Staging {
  readonly #folder: string;
  readonly #clock: Clock;

  private constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  static async open(folder: string, clock: Clock): Promise<Staging> {
    await clock.working(mkdir(join(folder, "partial"), { recursive: true }));
    return new Staging(folder, clock);
  }

  /** Length in bytes, or undefined where the file is not there. */
  async length(sha256: string): Promise<number | undefined> {
    const found = await this.#clock.working(stat(this.#path(sha256)).catch(() => undefined));
    return found?.size;
  }

  /** @throws {StagingError} `missing` */
  async read(sha256: string, offset?: number, length?: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#clock.working(this.#read(sha256, offset, length));
  }

  async #read(sha256: string, offset = 0, length?: number): Promise<Uint8Array<ArrayBuffer>> {
    const file = await open(this.#path(sha256), "r").catch(() => undefined);
    if (file === undefined) throw new StagingError("missing", `${sha256} is not in the staging folder`);
    try {
      const bytes = new Uint8Array(length ?? (await file.stat()).size - offset);
      for (let done = 0; done < bytes.length;) {
        const { bytesRead } = await file.read(bytes, done, bytes.length - done, offset + done);
        if (bytesRead === 0) throw new StagingError("missing", `${sha256} ends at byte ${offset + done}`);
        done += bytesRead;
      }
      return bytes;
    } finally {
      await file.close();
    }
  }

  /** The file that becomes `sha256` when it is published; goes on where an earlier run stopped. */
  async partial(sha256: string): Promise<PartialFile> {
    const path = this.#partialPath(sha256);
    const clock = this.#clock;
    // "a+" would ignore positions; the file must exist before it can be opened for reading and writing.
    const file = await clock.working(open(path, "r+").catch(() => open(path, "w+")));
    let { size } = await clock.working(file.stat());
    return {
      get length() {
        return size;
      },
      async append(bytes) {
        await clock.working(writeAll(file, bytes, size));
        size += bytes.length;
      },
      read: () => readWorking(clock, path),
      async truncate() {
        await clock.working(file.truncate(0));
        size = 0;
      },
      async close() {
        await clock.working(syncAndClose(file));
      },
    };
  }

  /** Gives a partial file its name; synced. Nothing happens where it has it already. */
  async publish(sha256: string): Promise<void> {
    await this.#clock.working(
      rename(this.#partialPath(sha256), this.#path(sha256)).catch(async (error: unknown) => {
        if ((await this.length(sha256)) === undefined) throw error;
      }),
    );
    await this.#clock.working(syncFolder(this.#folder));
  }

  /** Throws a partial file away. */
  async discard(sha256: string): Promise<void> {
    await this.#clock.working(rm(this.#partialPath(sha256), { force: true }));
  }

  /** Takes a file from elsewhere. @returns its SHA-256 */
  async add(path: string): Promise<string> {
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
    const sha256 = hash.digest("hex");
    const partial = await this.partial(sha256);
    await partial.truncate();
    for await (const chunk of createReadStream(path)) await partial.append(chunk as Uint8Array);
    await partial.close();
    await this.publish(sha256);
    return sha256;
  }

  /** @throws {StagingError} `no-space` */
  async demandSpace(neededBytes: number): Promise<void> {
    const { bavail, bsize } = await this.#clock.working(statfs(this.#folder));
    const free = bavail * bsize;
    if (free >= neededBytes + RESERVE_BYTES) return;
    const bytes = { free, needed: neededBytes + RESERVE_BYTES };
    throw new StagingError("no-space", `${bytes.needed} bytes are needed, ${free} are free`, bytes);
  }

  /** Removes every file that is not to be kept. */
  async prune(keep: ReadonlySet<string>): Promise<void> {
    for (const folder of [this.#folder, join(this.#folder, "partial")]) {
      for (const name of await this.#clock.working(readdir(folder))) {
        if (/^[0-9a-f]{64}$/.test(name) && !keep.has(name)) {
          await this.#clock.working(rm(join(folder, name), { force: true }));
        }
      }
    }
  }

  #path(sha256: string): string {
    return join(this.#folder, checked(sha256));
  }

  #partialPath(sha256: string): string {
    return join(this.#folder, "partial", checked(sha256));
  }
}

/** A digest comes from signed metadata, and still is no path before it was looked at. */
function checked(sha256: string): string {
  if (/^[0-9a-f]{64}$/.test(sha256)) return sha256;
  throw new StagingError("missing", `"${sha256}" is not a SHA-256`);
}

async function syncAndClose(file: FileHandle): Promise<void> {
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

async function* readWorking(clock: Clock, path: string): AsyncGenerator<Uint8Array> {
  const chunks = createReadStream(path)[Symbol.asyncIterator]();
  while (true) {
    const { done, value } = await clock.working(chunks.next() as Promise<IteratorResult<Uint8Array>>);
    if (done === true) return;
    yield value;
  }
}

/** A rename lasts over a power cut once its folder is synced. */
export async function syncFolder(folder: string): Promise<void> {
  await syncAndClose(await open(folder, "r"));
}
