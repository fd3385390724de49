import { DEFAULT_DELTA_RAM_BYTES, type EcuProfile } from "@halfshaft/vehicle-net/ecu";
import { DeltaError, DetoolsDecoder } from "@halfshaft/ota-format/delta";
import { closePatch, forgetPatch, notePatch } from "./delta-log.ts";
import type { Download } from "./download.ts";
import type { EcuCore } from "./ecu-core.ts";
import { FlashError, type FlashMemory } from "./flash-memory.ts";
import type { ImageReader } from "./installed-image.ts";
import type { AgreedPatch, OpenPatch } from "./transfer-log.ts";

export interface DeltaDownloadOptions {
  readonly core: EcuCore;
  /** The image in the active bank that the patch starts from. */
  readonly base: ImageReader;
  /** The bank that is written, and the offset in it at which the result begins. */
  readonly flash: FlashMemory;
  readonly start: number;
  readonly patch: AgreedPatch;
  /** How long the result is, and where the download goes on. */
  readonly open: OpenPatch;
}

/** Blocks shorter than this are not worth their answers; an ECU without RAM for one takes no patches. */
const MIN_BLOCK_BYTES = 64;

/**
 * A patch, applied as it arrives: the base is read from the active bank at random, the result written forward, page
 * by page. The decoder and the buffer of one block are all the memory that it needs.
 */
export class DeltaDownload implements Download {
  readonly maxBlockBytes: number;
  readonly #options: DeltaDownloadOptions;
  readonly #decoder: DetoolsDecoder;

  /**
   * @throws {DeltaError} `too-large` where the decoder takes more RAM than the ECU has for it; `bad-header` or
   *   `bad-checksum` for a snapshot that is damaged
   */
  constructor(options: DeltaDownloadOptions) {
    const { core, base, flash, start, open } = options;
    this.#options = options;
    this.#decoder = new DetoolsDecoder(
      {
        readBase: (offset, into) => base.read(offset, into),
        writeResult: (page, offset) => flash.complete(start + offset, page),
      },
      { ...decoderOptions(core.profile), baseBytes: base.length, maxResultBytes: open.length },
    );
    this.maxBlockBytes = maxBlockBytes(core.profile, this.#decoder);
    if (open.snapshot !== undefined) {
      this.#decoder.restore(new Uint8Array(Buffer.from(open.snapshot, "base64")));
    }
  }

  get missing(): number {
    return this.#options.patch.patchBytes - this.#decoder.patchBytes;
  }

  /** What is answered is noted: after a power cut only the block that was on its way has to come again. */
  async take(data: Uint8Array): Promise<void> {
    await this.#decode(() => this.#decoder.push(data));
    const { core, flash } = this.#options;
    if (core.profile.transfer.deltaSnapshots === false) return;
    const snapshot = Buffer.from(this.#decoder.snapshot()).toString("base64");
    flash.sync();
    core.store.update({
      transfers: notePatch(core.store.state.transfers, this.#decoder.patchBytes, snapshot),
    });
  }

  async end(): Promise<void> {
    const { core, flash, open } = this.#options;
    await this.#decode(() => {
      this.#decoder.finish();
      const { resultBytes } = this.#decoder;
      if (resultBytes !== open.length) {
        throw new DeltaError(
          "bad-length",
          `the patch makes ${resultBytes} bytes, announced were ${open.length}`,
        );
      }
    });
    flash.sync();
    core.store.update({ transfers: closePatch(core.store.state.transfers) });
  }

  /** What cannot be applied is forgotten, so that it is not gone on with. */
  async #decode(step: () => void): Promise<void> {
    const { core, flash } = this.#options;
    try {
      step();
    } catch (error) {
      if (error instanceof DeltaError || error instanceof FlashError) {
        core.store.update({ transfers: forgetPatch(core.store.state.transfers) });
      }
      throw error;
    }
    await flash.settle();
  }
}

/** The decoder and the buffer of one block, bytes; undefined where the profile knows no patches. */
export function deltaRamBytes(profile: EcuProfile): number | undefined {
  if (profile.transfer.dataFormats.detools === undefined) return undefined;
  const device = { readBase: () => {}, writeResult: () => {} };
  const decoder = new DetoolsDecoder(device, { ...decoderOptions(profile), baseBytes: 0, maxResultBytes: 0 });
  return decoder.ramBytes + maxBlockBytes(profile, decoder);
}

const ramBudget = ({ transfer }: EcuProfile): number => transfer.deltaRamBytes ?? DEFAULT_DELTA_RAM_BYTES;

const decoderOptions = (profile: EcuProfile) => ({
  pageBytes: profile.flash.pageBytes,
  ramBudgetBytes: ramBudget(profile) - MIN_BLOCK_BYTES,
});

/** What the decoder leaves of the RAM, at most what the profile allows. */
const maxBlockBytes = (profile: EcuProfile, { ramBytes }: DetoolsDecoder): number =>
  Math.min(profile.transfer.maxBlockBytes, ramBudget(profile) - ramBytes);
