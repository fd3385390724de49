import type { EcuProfile } from "@halfshaft/vehicle-net/ecu";
import {
  type MemoryRange,
  Nrc,
  RequestDownload,
  RequestTransferExit,
  TransferData,
  type UdsClient,
  UdsRefused,
  wasLost,
} from "@halfshaft/vehicle-net/uds";
import type { ImageSource, InstallOptions } from "./installer.ts";
import { InstallerError } from "./installer-error.ts";
import { ATTEMPTS, persist } from "./persist.ts";

/** Service identifier and block sequence counter, which maxNumberOfBlockLength includes. */
const BLOCK_HEADER_BYTES = 2;

/** What crosses the bus between a 34 and its 37. */
export interface BlockRun {
  readonly dataFormat: number;
  /** Where it goes in the ECU; its length is that of the result, whatever the format (ISO 14229-1:2020, 15.2). */
  readonly memory: MemoryRange;
  readonly source: ImageSource;
  /** Bytes of the source that are sent: from here up to there. */
  readonly from: number;
  readonly to: number;
}

/** Requests 34, 36 and 37 (ISO 14229-1:2020, 15). */
export class Blocks {
  readonly #client: UdsClient;
  readonly #profile: EcuProfile;
  readonly #options: InstallOptions;
  /** Bytes that were answered, from all runs. */
  sentBytes = 0;
  repeatedBlocks = 0;

  constructor(client: UdsClient, profile: EcuProfile, options: InstallOptions) {
    this.#client = client;
    this.#profile = profile;
    this.#options = options;
  }

  /** @throws {InstallerError} `transfer-lost` */
  async run({ dataFormat, memory, source, from, to }: BlockRun): Promise<void> {
    const { maxBlockBytes } = await persist(() =>
      this.#client.request(RequestDownload, { dataFormat, memory }, this.#options),
    );
    const blockBytes = Math.min(maxBlockBytes, this.#profile.transfer.maxBlockBytes) - BLOCK_HEADER_BYTES;
    const read = async (at: number): Promise<Uint8Array> =>
      at < to ? await source.read(at, Math.min(blockBytes, to - at)) : new Uint8Array(0);
    let counter = 1;
    let block = read(from);
    for (let at = from; at < to; at += blockBytes) {
      const data = await block;
      // The next block is read while this one crosses the bus.
      block = read(at + data.length);
      await this.#transfer(counter & 0xff, data, at);
      counter += 1;
      this.sentBytes += data.length;
      this.#options.onProgress?.({ transferredBytes: at + data.length, totalBytes: source.length });
    }
    await this.#exit();
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
