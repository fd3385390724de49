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
  readonly segment: ImageToInstall["segments"][number];
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
  { delta, segments }: ImageToInstall,
  install: InstallOptions,
): DeltaTransfer | undefined {
  const [segment, ...others] = segments;
  if (delta === undefined || segment === undefined || others.length > 0) return undefined;
  const dataFormat = profile.transfer.dataFormats[delta.format];
  if (dataFormat === undefined) return undefined;
  return new DeltaTransfer({ client, profile, dataFormat, segment, delta, install });
}

/** A patch that the ECU applies to its active bank as it arrives. */
export class DeltaTransfer implements Transfer {
  readonly kind = "detools";
  readonly #options: DeltaTransferOptions;
  readonly #blocks: Blocks;
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
    if (profile.dids.resumePatch === undefined) return;
    const { patchOffset, digestPrefix } = await persist(() =>
      readDid(client, profile, "resumePatch", install),
    );
    const isThis = hex(digestPrefix) === delta.sha256.slice(0, 2 * digestPrefix.length);
    if (!isThis || patchOffset > delta.source.length) return;
    this.resumes = true;
    this.resumedAtBytes = patchOffset;
  }

  /** @throws {DeltaRefused} */
  async run(): Promise<void> {
    const { dataFormat, segment, delta } = this.#options;
    try {
      if (!this.resumes) await this.#demandBase();
      const memory = { address: segment.address, length: segment.length };
      const { source } = delta;
      await this.#blocks.run({ dataFormat, memory, source, from: this.resumedAtBytes, to: source.length });
    } catch (cause) {
      if (!(cause instanceof UdsRefused) || !REFUSALS.includes(cause.nrc)) throw cause;
      throw new DeltaRefused(`the ECU refused the delta: ${cause.message}`, { cause });
    }
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
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
