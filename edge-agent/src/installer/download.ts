import { createHash } from "node:crypto";
import { type EcuProfile, readDid } from "@halfshaft/vehicle-net/ecu";
import {
  Nrc,
  RequestDownload,
  RequestTransferExit,
  TransferData,
  type UdsClient,
  UdsRefused,
  wasLost,
} from "@halfshaft/vehicle-net/uds";
import type { ImageToInstall, InstallOptions } from "./installer.ts";
import { InstallerError } from "./installer-error.ts";
import { ATTEMPTS, persist } from "./persist.ts";

/** Service identifier and block sequence counter, which maxNumberOfBlockLength includes. */
const BLOCK_HEADER_BYTES = 2;
/** How much of an image is hashed at a time when looking where to go on. */
const HASH_PIECE_BYTES = 65_536;

/** The transfer of one image: requests 34, 36 and 37 for each segment (ISO 14229-1:2020, 15). */
export class Download {
  readonly #client: UdsClient;
  readonly #profile: EcuProfile;
  readonly #image: ImageToInstall;
  readonly #options: InstallOptions;
  #transferred = 0;
  repeatedBlocks = 0;

  constructor(client: UdsClient, profile: EcuProfile, image: ImageToInstall, options: InstallOptions) {
    this.#client = client;
    this.#profile = profile;
    this.#image = image;
    this.#options = options;
  }

  /** Bytes from the start of the image that are in the ECU. */
  get transferredBytes(): number {
    return this.#transferred;
  }

  /**
   * Where an interrupted transfer of this very image goes on, as the ECU says it; 0 where it begins anew. The
   * prefix of the digest tells this image from another that was begun.
   */
  async resumeOffset(): Promise<number> {
    if (this.#profile.dids.resumeOffset === undefined) return 0;
    const { offset, digestPrefix } = await persist(() =>
      readDid(this.#client, this.#profile, "resumeOffset", this.#options),
    );
    if (offset === 0 || offset > this.#image.source.length) return 0;
    const hash = createHash("sha256");
    for (let at = 0; at < offset; at += HASH_PIECE_BYTES) {
      hash.update(await this.#image.source.read(at, Math.min(HASH_PIECE_BYTES, offset - at)));
    }
    return hash.digest().subarray(0, digestPrefix.length).equals(digestPrefix) ? offset : 0;
  }

  /** Sends everything from `offset` of the image file. @throws {InstallerError} `transfer-lost` */
  async run(offset: number): Promise<void> {
    this.#transferred = offset;
    let start = 0;
    for (const { address, length } of this.#image.segments) {
      const done = Math.max(0, Math.min(length, offset - start));
      if (done < length) await this.#segment(address + done, start + done, length - done);
      start += length;
    }
  }

  async #segment(address: number, offset: number, length: number): Promise<void> {
    const dataFormat = this.#profile.transfer.dataFormats.raw;
    const request = { dataFormat, memory: { address, length } };
    const { maxBlockBytes } = await persist(() =>
      this.#client.request(RequestDownload, request, this.#options),
    );
    const blockBytes = Math.min(maxBlockBytes, this.#profile.transfer.maxBlockBytes) - BLOCK_HEADER_BYTES;
    const end = offset + length;
    let counter = 1;
    let block = this.#block(offset, end, blockBytes);
    for (let at = offset; at < end; at += blockBytes) {
      const data = await block;
      // The next block is read while this one crosses the bus.
      block = this.#block(at + data.length, end, blockBytes);
      await this.#transfer(counter & 0xff, data, at);
      counter += 1;
      this.#transferred = at + data.length;
      const totalBytes = this.#image.source.length;
      this.#options.onProgress?.({ transferredBytes: this.#transferred, totalBytes });
    }
    await this.#exit();
  }

  async #block(at: number, end: number, blockBytes: number): Promise<Uint8Array> {
    if (at >= end) return new Uint8Array(0);
    return await this.#image.source.read(at, Math.min(blockBytes, end - at));
  }

  /** A lost block is sent again with its same counter; the ECU answers a repetition without writing it again. */
  async #transfer(counter: number, data: Uint8Array, at: number): Promise<void> {
    try {
      await persist(
        () => this.#client.request(TransferData, { counter, data }, this.#options),
        () => (this.repeatedBlocks += 1),
      );
    } catch (error) {
      if (!wasLost(error)) throw error;
      const operands = { block: counter, attempts: ATTEMPTS };
      throw new InstallerError(
        "transfer-lost",
        `block ${counter} at byte ${at} was lost ${ATTEMPTS} times`,
        operands,
        { cause: error },
      );
    }
  }

  async #exit(): Promise<void> {
    let lost = false;
    try {
      await persist(
        () => this.#client.request(RequestTransferExit, {}, this.#options),
        () => (lost = true),
      );
    } catch (error) {
      // The first request was heard and only its answer lost: there is nothing left to end. checkMemory will tell.
      const heard = lost && error instanceof UdsRefused && error.nrc === Nrc.requestSequenceError;
      if (!heard) throw error;
    }
  }
}
