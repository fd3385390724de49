import { cp, mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { syncFolder } from "../staging.ts";

const POINTER = "current";

/**
 * Metadata that this vehicle has seen, safe against power cuts. tuf-js writes its files in place, where a cut
 * leaves a torn root (nothing can be verified any more) or a torn timestamp (an older one would be believed). So
 * it works in a copy, and a whole copy becomes the current one by one rename.
 */
export class MetadataStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * A folder that tuf-js may write into: a copy of what is current, or the pinned root alone.
   * @param pinnedRoot root metadata that the vehicle was provisioned with
   */
  async beginCopy(pinnedRoot: Uint8Array): Promise<string> {
    await mkdir(this.#folder, { recursive: true });
    const current = await this.#current();
    const next = join(this.#folder, `g${generationOf(current) + 1}`);
    await rm(next, { recursive: true, force: true });
    if (current === undefined) {
      await mkdir(next);
      await writeFile(join(next, "root.json"), pinnedRoot);
    } else {
      await cp(join(this.#folder, current), next, { recursive: true });
    }
    return next;
  }

  /** Makes the copy the current one, durably, and removes what was there before. */
  async publish(copy: string): Promise<void> {
    for (const file of await readdir(copy)) await syncFile(join(copy, file));
    await syncFolder(copy);
    const name = copy.slice(copy.lastIndexOf("/") + 1);
    const pointer = join(this.#folder, `${POINTER}.new`);
    await writeFile(pointer, name);
    await syncFile(pointer);
    await rename(pointer, join(this.#folder, POINTER));
    await syncFolder(this.#folder);
    for (const other of await readdir(this.#folder)) {
      if (/^g\d+$/.test(other) && other !== name) {
        await rm(join(this.#folder, other), { recursive: true, force: true });
      }
    }
  }

  async #current(): Promise<string | undefined> {
    const name = await readFile(join(this.#folder, POINTER), "utf8").catch(() => undefined);
    return name !== undefined && /^g\d+$/.test(name) ? name : undefined;
  }
}

const generationOf = (name: string | undefined): number => (name === undefined ? 0 : Number(name.slice(1)));

async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
