import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@halfshaft/vehicle-net/clock";
import { Metadata, MetadataKind, type Root, type TargetFile, type Targets } from "@tufjs/models";
import { Updater } from "tuf-js";
import { PersistError } from "tuf-js/dist/error.js";
import type { Http } from "../http/http.ts";
import { classify } from "./classify.ts";
import { MetadataFetcher } from "./metadata-fetcher.ts";
import { MetadataStore } from "./metadata-store.ts";
import { type RepositoryName, TrustError } from "./trust-error.ts";

/** Limits on everything that comes from afar, bytes. */
const LIMITS = {
  maxRootRotations: 32,
  maxDelegations: 4,
  rootMaxLength: 64 * 1024,
  timestampMaxLength: 16 * 1024,
  snapshotMaxLength: 256 * 1024,
  targetsMaxLength: 2 * 1024 * 1024,
};

export interface RepositoryOptions {
  readonly name: RepositoryName;
  /** Where its metadata files are: `https://…/repo/image/metadata`. */
  readonly metadataUrl: string;
  readonly folder: string;
  readonly pinnedRoot: Uint8Array;
  readonly http: Http;
  readonly clock: Clock;
  /** Wall time, UTC ms. */
  readonly now: () => number;
}

/** Metadata of one repository after a full verification (TUF 1.0.33, 5.3 to 5.6). */
export interface VerifiedMetadata {
  readonly targets: Targets;
  /** When the first of the files behind the targets expires, UTC ms. */
  readonly validUntil: number;
  /** A target by its name, through the delegations; undefined where nobody has signed it. */
  target(path: string): Promise<TargetFile | undefined>;
}

/** One TUF repository, read with tuf-js from a pinned root. */
export class Repository {
  readonly #options: RepositoryOptions;
  readonly #store: MetadataStore;

  constructor(options: RepositoryOptions) {
    this.#options = options;
    this.#store = new MetadataStore(options.folder);
  }

  /**
   * Brings the metadata up to date and lets `use` read from them. What was verified on the way is kept, so that a
   * later offer of something older is noticed, also where a file after it was refused.
   * @throws {TrustError} and whatever `use` throws
   */
  read<T>(use: (metadata: VerifiedMetadata) => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#options.clock.working(this.#read(use, signal));
  }

  async #read<T>(use: (metadata: VerifiedMetadata) => Promise<T>, signal: AbortSignal): Promise<T> {
    const { name, pinnedRoot, http } = this.#options;
    const copy = await this.#store.beginCopy(pinnedRoot);
    const fetcher = new MetadataFetcher(http, signal);
    const classified = async <R>(work: () => Promise<R>): Promise<R> => {
      try {
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        // Files are written once they are verified; where a write itself failed, the copy is worth nothing.
        if (!(error instanceof PersistError) && !isKeyFault(error)) await this.#store.publish(copy);
        throw classify(error, name, fetcher);
      }
    };
    const metadata = await classified(() => this.#refresh(copy, fetcher));
    const target = (path: string) => classified(() => metadata.target(path));
    const result = await use({ ...metadata, target });
    await this.#store.publish(copy);
    return result;
  }

  async #refresh(copy: string, fetcher: MetadataFetcher): Promise<VerifiedMetadata> {
    const { name, metadataUrl, now } = this.#options;
    const config = LIMITS;
    const updater = new Updater({ metadataDir: copy, metadataBaseUrl: metadataUrl, fetcher, config });
    useReferenceTime(updater, now());
    await updater.refresh();
    checkKeys(Metadata.fromJSON(MetadataKind.Root, await readJson(copy, "root")).signed, name);
    const targets = Metadata.fromJSON(MetadataKind.Targets, await readJson(copy, "targets")).signed;
    return {
      targets,
      validUntil: new Date(targets.expires).getTime(),
      target: async (path) => ownTarget(await updater.getTargetInfo(path)),
    };
  }
}

/**
 * tuf-js takes the system's time for what has expired; ours comes from outside (tests, attested time). The field
 * is private in 6.0.2, which is pinned: where it is gone, this refuses instead of checking against another time.
 */
function useReferenceTime(updater: Updater, now: number): void {
  const trusted: unknown = Reflect.get(updater, "trustedSet");
  if (typeof trusted !== "object" || trusted === null || !("referenceTime" in trusted)) {
    throw new TypeError("this version of tuf-js keeps its reference time elsewhere");
  }
  trusted.referenceTime = new Date(now);
}

/** Reads a file that tuf-js has verified and written in this very run. */
async function readJson(copy: string, role: string): Promise<Parameters<typeof Metadata.fromJSON>[1]> {
  return JSON.parse(await readFile(join(copy, `${role}.json`), "utf8")) as never;
}

/** One key under two ids would meet a threshold of two (known of tuf-js): ids of a role must be different keys. */
export function checkKeys(root: Root, repository: RepositoryName): void {
  for (const [role, { keyIDs }] of Object.entries(root.roles)) {
    const keys = keyIDs.flatMap((id) => root.keys[id]?.keyVal.public ?? []);
    if (new Set(keys).size !== keyIDs.length) {
      const reason = `its role ${role} names one key twice, or a key that is missing`;
      throw new TrustError("PLAN_METADATA_INVALID", { role: "root", repository, reason });
    }
  }
}

const isKeyFault = (error: unknown): boolean => error instanceof TrustError;

/** A name such as "constructor" finds what every object inherits. */
function ownTarget(found: TargetFile | undefined): TargetFile | undefined {
  return typeof found === "object" ? found : undefined;
}
