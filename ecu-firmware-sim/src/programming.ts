import type { EcuProfile } from "@halfshaft/vehicle-net/ecu";
import {
  handle,
  Nrc,
  RequestDownload,
  RequestTransferExit,
  Session,
  TransferData,
  UdsRefused,
  type AnyService,
  type Handler,
} from "@halfshaft/vehicle-net/uds";
import { otherBank } from "./bank.ts";
import { Download } from "./download.ts";
import type { EcuCore } from "./ecu-core.ts";
import { FlashError, type FlashMemory } from "./flash-memory.ts";
import { bankOffset, type MemoryRange } from "./memory-map.ts";
import { checkpoint, closeDownload, openDownload, resumes } from "./transfer-log.ts";

/** Sectors between two notes of how far a download is: what a power cut costs at most, against writes of the record. */
const CHECKPOINT_SECTORS = 4;
/** Service identifier and block counter before the data of a block. */
const BLOCK_HEADER_BYTES = 2;

/** Buffers for one block and one page: all that programming holds in RAM, bytes. */
export const programmingRamBytes = ({ transfer, flash }: EcuProfile): number =>
  transfer.maxBlockBytes + flash.pageBytes;

/** Services 34, 36 and 37: an image streams into the inactive bank. */
export class Programming {
  readonly #core: EcuCore;
  #download: Download | undefined;
  /** Offset in the bank up to which the record notes the download as done. */
  #noted = 0;

  constructor(core: EcuCore) {
    this.#core = core;
  }

  /** The session ended or the memory is erased: the download that runs is cut off. */
  abort(): void {
    this.#download = undefined;
  }

  handlers(): Handler[] {
    const { profile } = this.#core;
    const conditions = { sessions: [Session.programming], security: profile.security.level };
    return [
      handle(RequestDownload, conditions, async ({ dataFormat, memory }) => {
        if (dataFormat !== profile.transfer.dataFormats.raw) {
          throw new UdsRefused(RequestDownload, Nrc.requestOutOfRange);
        }
        await this.#begin(memory);
        return { maxBlockBytes: profile.transfer.maxBlockBytes };
      }),
      handle(TransferData, conditions, async ({ counter, data }) => {
        await this.#take(counter, data);
        return { counter };
      }),
      handle(RequestTransferExit, conditions, () => {
        this.#end();
        return {};
      }),
    ];
  }

  async #begin(range: MemoryRange): Promise<void> {
    const { store } = this.#core;
    const flash = inactiveFlash(this.#core, RequestDownload);
    const start = bankOffset(store.state.memory, range);
    if (start === undefined || range.length === 0) {
      throw new UdsRefused(RequestDownload, Nrc.requestOutOfRange);
    }
    if (store.state.boot.phase !== "idle") throw new UdsRefused(RequestDownload, Nrc.conditionsNotCorrect);
    if (resumes(store.state.transfers, range)) {
      // The power went while these sectors were written: what is in them may be torn.
      await eraseUsed(flash, start, range.length);
      store.update({ wear: { ...store.state.wear, [flash.bank]: flash.wear } });
    } else {
      if (!flash.isErased(start, range.length)) {
        throw new UdsRefused(RequestDownload, Nrc.conditionsNotCorrect);
      }
      store.update({ transfers: openDownload(store.state.transfers, range) });
    }
    this.#download = new Download(flash, start, range.length);
    this.#noted = start;
  }

  async #take(counter: number, data: Uint8Array): Promise<void> {
    const download = this.#download;
    if (download === undefined) throw new UdsRefused(TransferData, Nrc.requestSequenceError);
    switch (download.expects(counter)) {
      case "repeated":
        // Its answer was lost: answered again, not written again (ISO 14229-1:2020, 15.4.2).
        return;
      case "wrong":
        throw new UdsRefused(TransferData, Nrc.wrongBlockSequenceCounter);
      default:
    }
    const { maxBlockBytes } = this.#core.profile.transfer;
    if (data.length === 0 || data.length > maxBlockBytes - BLOCK_HEADER_BYTES) {
      throw new UdsRefused(TransferData, Nrc.requestOutOfRange);
    }
    if (data.length > download.missing) throw new UdsRefused(TransferData, Nrc.transferDataSuspended);
    try {
      await download.take(counter, data);
    } catch (cause) {
      this.#download = undefined;
      if (!(cause instanceof FlashError)) throw cause;
      throw new UdsRefused(TransferData, Nrc.generalProgrammingFailure, { cause });
    }
    this.#note(download);
  }

  #end(): void {
    const { store, flash } = this.#core;
    const download = this.#download;
    if (download === undefined || download.missing > 0) {
      throw new UdsRefused(RequestTransferExit, Nrc.requestSequenceError);
    }
    flash[download.bank].sync();
    store.update({ transfers: closeDownload(store.state.transfers) });
    this.#download = undefined;
  }

  /** Notes from time to time, at the end of a sector, what a power cut can no longer take away. */
  #note(download: Download): void {
    const { store, flash, profile } = this.#core;
    const end = download.start + download.programmed;
    const boundary = end - (end % (profile.flash.sectorBytes * CHECKPOINT_SECTORS));
    // The end of a download is noted by 37 alone: what it has not confirmed is not complete.
    if (boundary <= this.#noted || download.missing === 0) return;
    flash[download.bank].sync();
    const done = (store.state.transfers.open?.done ?? 0) + boundary - this.#noted;
    store.update({ transfers: checkpoint(store.state.transfers, done) });
    this.#noted = boundary;
  }
}

/**
 * The bank that may be written.
 * @throws {UdsRefused} conditionsNotCorrect while its software runs: on trial, or reverted and not yet reset.
 */
export function inactiveFlash({ store, flash, running }: EcuCore, service: AnyService): FlashMemory {
  const inactive = otherBank(store.state.boot.committed);
  if (inactive === running) throw new UdsRefused(service, Nrc.conditionsNotCorrect);
  return flash[inactive];
}

/** Erases the sectors of a stretch that are not erased already. */
async function eraseUsed(flash: FlashMemory, start: number, length: number): Promise<void> {
  const { sectorBytes } = flash.geometry;
  for (let at = start - (start % sectorBytes); at < start + length; at += sectorBytes) {
    if (!flash.isErased(at, sectorBytes)) await flash.erase(at, sectorBytes);
  }
}
