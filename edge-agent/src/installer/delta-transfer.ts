import { type EcuProfile, readDid, routineResults, startRoutine } from "@halfshaft/vehicle-net/ecu";
import { Nrc, type UdsClient, UdsRefused } from "@halfshaft/vehicle-net/uds";
import { Blocks } from "./blocks.ts";
import type { DeltaToInstall, ImageToInstall, InstallOptions } from "./installer.ts";
import { persist } from "./persist.ts";
import { DeltaRefused, type Transfer } from "./transfer.ts";

/** What an ECU says when it has no use for a patch; other refusals are not about it. */
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

/** The delta of an image, where the ECU can take it; undefined where it cannot, or where there is none. */
export function deltaTransfer(
  client: UdsClient,
  profile: EcuProfile,
  image: ImageToInstall,
  install: InstallOptions,
): DeltaTransfer | undefined {
  const { delta, segments } = image;
  if (delta === undefined || delta.patches.length !== segments.length) return undefined;
  const dataFormat = profile.transfer.dataFormats[delta.format];
  if (dataFormat === undefined) return undefined;
  return new DeltaTransfer({ client, profile, dataFormat, image, delta, install });
}

/** Where a transfer goes on: at which patch, from which of its bytes, and whether the ECU has begun it. */
interface Position {
  readonly patch: number;
  readonly offset: number;
  readonly isBegun: boolean;
}

const BEGINNING: Position = { patch: 0, offset: 0, isBegun: false };

/** Patches that the ECU applies to its active bank as they arrive: one for each segment, one after another. */
export class DeltaTransfer implements Transfer {
  readonly kind = "detools";
  readonly #options: DeltaTransferOptions;
  readonly #blocks: Blocks;
  #position: Position | undefined;

  constructor(options: DeltaTransferOptions) {
    this.#options = options;
    this.#blocks = new Blocks(options.client, options.profile, options.install);
  }

  get resumes(): boolean {
    return this.#position !== undefined;
  }

  get resumedAtBytes(): number {
    if (this.#position === undefined) return 0;
    const { patch, offset } = this.#position;
    const { patches, source } = this.#options.delta;
    return patch < patches.length ? patches[patch]!.offset + offset : source.length;
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
    this.#position = await this.#findPosition();
  }

  /** @throws {DeltaRefused} */
  async run(): Promise<void> {
    const { dataFormat, image, delta } = this.#options;
    const { patch: first, offset, isBegun } = this.#position ?? BEGINNING;
    try {
      for (const [i, patch] of delta.patches.entries()) {
        if (i < first) continue;
        const goesOn = i === first && isBegun;
        if (!goesOn) await this.#demandBase(patch);
        const { address, length } = image.segments[i]!;
        await this.#blocks.run({
          dataFormat,
          memory: { address, length },
          source: delta.source,
          from: patch.offset + (goesOn ? offset : 0),
          to: patch.offset + patch.length,
        });
      }
    } catch (cause) {
      if (!(cause instanceof UdsRefused) || !REFUSALS.includes(cause.nrc)) throw cause;
      throw new DeltaRefused(`the ECU refused the delta: ${cause.message}`, { cause });
    }
  }

  async #findPosition(): Promise<Position | undefined> {
    const { client, profile, image, delta, install } = this.#options;
    const { patches } = delta;
    const whole = profile.dids.resumeOffset
      ? await persist(() => readDid(client, profile, "resumeOffset", install))
      : undefined;
    // 37 was heard before its answer was lost: then the whole image is in the ECU.
    if (whole?.offset === image.source.length && isPrefix(whole.digestPrefix, image.sha256)) {
      return { patch: patches.length, offset: 0, isBegun: false };
    }
    if (profile.dids.resumePatch === undefined) return undefined;
    const last = await persist(() => readDid(client, profile, "resumePatch", install));
    const found = patches.flatMap(({ sha256 }, i) => (isPrefix(last.digestPrefix, sha256) ? [i] : []));
    const [patch] = found;
    // Which of two equal patches it was, the digest does not tell.
    if (patch === undefined || found.length > 1) return undefined;
    const { length } = patches[patch]!;
    const isWhole = last.patchOffset === length;
    // Without resumeOffset nothing tells whether 37 was heard.
    if (last.patchOffset > length || (isWhole && whole === undefined)) return undefined;
    const isEnded = isWhole && whole?.offset === this.#resultBytesUpTo(patch);
    return isEnded
      ? { patch: patch + 1, offset: 0, isBegun: false }
      : { patch, offset: last.patchOffset, isBegun: true };
  }

  /** What the ECU has in place of the image once this patch is ended with 37. */
  #resultBytesUpTo(patch: number): number {
    const segments = this.#options.image.segments.slice(0, patch + 1);
    return segments.reduce((sum, { length }) => sum + length, 0);
  }

  async #demandBase({ sha256, length }: DeltaToInstall["patches"][number]): Promise<void> {
    const { client, profile, delta, install } = this.#options;
    const request = {
      baseSha256: bytes(delta.baseSha256),
      patchSha256: bytes(sha256),
      patchBytes: length,
    };
    const result = await persist(() => startRoutine(client, profile, "checkBase", request, install));
    if (result !== "ok") throw new DeltaRefused(routineResults[result].sentence);
  }
}

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const isPrefix = (prefix: Uint8Array, sha256: string): boolean =>
  sha256.startsWith(Buffer.from(prefix).toString("hex"));
