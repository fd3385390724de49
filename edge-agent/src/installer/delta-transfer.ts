import { type EcuProfile, readDid, routineResults, startRoutine } from "@halfshaft/vehicle-net/ecu";
import { Nrc, type UdsClient, UdsRefused } from "@halfshaft/vehicle-net/uds";
import { Blocks } from "./blocks.ts";
import type { DeltaToInstall, ImageToInstall, InstallOptions } from "./installer.ts";
import { persist } from "./persist.ts";
import { DeltaRefused, type Transfer } from "./transfer.ts";

/** What an ECU says when it has no use for the patch; other refusals are not about it. */
const REFUSALS: readonly number[] = [
  Nrc.conditionsNotCorrect,
  Nrc.requestOutOfRange,
  Nrc.uploadDownloadNotAccepted,
  Nrc.transferDataSuspended,
  Nrc.generalProgrammingFailure,
];

export interface DeltaTransferOptions {
  readonly client: UdsClient;
  readonly profile: EcuProfile;
  /** dataFormatIdentifier of patches. */
  readonly dataFormat: number;
  readonly image: ImageToInstall;
  readonly delta: DeltaToInstall;
  readonly install: InstallOptions;
}

/**
 * The delta of an image, where the ECU can take it; undefined where it cannot, or where there is none. Images of
 * several segments go as they are: a request for download names one stretch of memory.
 */
export function deltaTransfer(
  client: UdsClient,
  profile: EcuProfile,
  image: ImageToInstall,
  install: InstallOptions,
): DeltaTransfer | undefined {
  const { delta, segments } = image;
  if (delta === undefined || segments.length !== 1) return undefined;
  const dataFormat = profile.transfer.dataFormats[delta.format];
  if (dataFormat === undefined) return undefined;
  return new DeltaTransfer({ client, profile, dataFormat, image, delta, install });
}

/** A patch that the ECU applies to its active bank as it arrives. */
export class DeltaTransfer implements Transfer {
  readonly kind = "detools";
  readonly #options: DeltaTransferOptions;
  readonly #blocks: Blocks;
  /** Nothing is left but to have it checked. */
  #isDone = false;
  resumes = false;
  resumedAtBytes = 0;

  constructor(options: DeltaTransferOptions) {
    this.#options = options;
    this.#blocks = new Blocks(options.client, options.profile, options.install);
  }

  get totalBytes(): number {
    return this.#options.delta.source.length;
  }

  get transferredBytes(): number {
    return this.#blocks.sentBytes;
  }

  get repeatedBlocks(): number {
    return this.#blocks.repeatedBlocks;
  }

  /** A patch that was begun goes on even at its first byte: pages of it may be written already. */
  async findResume(): Promise<void> {
    const { client, profile, delta, install } = this.#options;
    if (await this.#isComplete()) {
      this.resumes = true;
      this.resumedAtBytes = delta.source.length;
      this.#isDone = true;
      return;
    }
    if (profile.dids.resumePatch === undefined) return;
    const { patchOffset, digestPrefix } = await persist(() =>
      readDid(client, profile, "resumePatch", install),
    );
    if (!isPrefix(digestPrefix, delta.sha256) || patchOffset > delta.source.length) return;
    this.resumes = true;
    this.resumedAtBytes = patchOffset;
  }

  /** @throws {DeltaRefused} */
  async run(): Promise<void> {
    const { dataFormat, image, delta } = this.#options;
    if (this.#isDone) return;
    const { address, length } = image.segments[0]!;
    const memory = { address, length };
    try {
      if (!this.resumes) await this.#demandBase();
      const { source } = delta;
      await this.#blocks.run({ dataFormat, memory, source, from: this.resumedAtBytes, to: source.length });
    } catch (cause) {
      if (!(cause instanceof UdsRefused) || !REFUSALS.includes(cause.nrc)) throw cause;
      throw new DeltaRefused(`the ECU refused the delta: ${cause.message}`, { cause });
    }
  }

  /** Whether 37 was heard before its answer was lost: then the whole image is in the ECU. */
  async #isComplete(): Promise<boolean> {
    const { client, profile, image, install } = this.#options;
    if (profile.dids.resumeOffset === undefined) return false;
    const { offset, digestPrefix } = await persist(() => readDid(client, profile, "resumeOffset", install));
    return offset === image.source.length && isPrefix(digestPrefix, image.sha256);
  }

  async #demandBase(): Promise<void> {
    const { client, profile, delta, install } = this.#options;
    const request = {
      baseSha256: bytes(delta.baseSha256),
      patchSha256: bytes(delta.sha256),
      patchBytes: delta.source.length,
    };
    const result = await persist(() => startRoutine(client, profile, "checkBase", request, install));
    if (result !== "ok") throw new DeltaRefused(routineResults[result].sentence);
  }
}

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const isPrefix = (prefix: Uint8Array, sha256: string): boolean =>
  sha256.startsWith(Buffer.from(prefix).toString("hex"));
