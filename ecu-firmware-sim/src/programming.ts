import { DeltaError } from "@halfshaft/ota-format/delta";
import { NO_BASE } from "@halfshaft/ota-format/trust";
import type { Bank, EcuProfile } from "@halfshaft/vehicle-net/ecu";
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
import { BlockCounter } from "./block-counter.ts";
import { DeltaDownload, deltaRamBytes } from "./delta-download.ts";
import { beginPatch, forgetPatch, resumedPatch } from "./delta-log.ts";
import type { Download } from "./download.ts";
import type { EcuCore } from "./ecu-core.ts";
import { FlashError, type FlashMemory } from "./flash-memory.ts";
import { type ImageReader, installedImage, NO_IMAGE } from "./installed-image.ts";
import { bankOffset, type MemoryRange } from "./memory-map.ts";
import { RawDownload } from "./raw-download.ts";
import { openDownload, resumes, type AgreedPatch } from "./transfer-log.ts";

/** Service identifier and block counter before the data of a block. */
const BLOCK_HEADER_BYTES = 2;

/** All that programming holds in RAM, bytes: buffers for a block and a page, or for a block and the decoder. */
export const programmingRamBytes = (profile: EcuProfile): number =>
  Math.max(profile.transfer.maxBlockBytes + profile.flash.pageBytes, deltaRamBytes(profile) ?? 0);

/** Services 34, 36 and 37: an image, or a patch that makes it, streams into the inactive bank. */
export class Programming {
  readonly #core: EcuCore;
  #download: Download | undefined;
  #counter = new BlockCounter();

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
        this.#download = await this.#begin(dataFormat, memory);
        this.#counter = new BlockCounter();
        return { maxBlockBytes: this.#download.maxBlockBytes };
      }),
      handle(TransferData, conditions, async ({ counter, data }) => {
        await this.#take(counter, data);
        return { counter };
      }),
      handle(RequestTransferExit, conditions, async () => {
        await this.#end();
        return {};
      }),
    ];
  }

  async #begin(dataFormat: number, range: MemoryRange): Promise<Download> {
    const { store, profile } = this.#core;
    const { raw, detools } = profile.transfer.dataFormats;
    const flash = inactiveFlash(this.#core, RequestDownload);
    const start = bankOffset(store.state.memory, range);
    const isKnown = dataFormat === raw || dataFormat === detools;
    if (!isKnown || start === undefined || range.length === 0) {
      throw new UdsRefused(RequestDownload, Nrc.requestOutOfRange);
    }
    if (store.state.boot.phase !== "idle") throw new UdsRefused(RequestDownload, Nrc.conditionsNotCorrect);
    return dataFormat === raw
      ? await this.#beginRaw(flash, start, range)
      : this.#beginPatch(flash, start, range);
  }

  async #beginRaw(flash: FlashMemory, start: number, range: MemoryRange): Promise<Download> {
    const { store } = this.#core;
    if (resumes(store.state.transfers, range)) {
      // The power went while these sectors were written: what is in them may be torn.
      await eraseUsed(flash, start, range.length);
      store.update({ wear: { ...store.state.wear, [flash.bank]: flash.wear } });
    } else {
      demandErased(flash, start, range.length);
      store.update({ transfers: openDownload(store.state.transfers, range) });
    }
    return new RawDownload(this.#core, flash, start, range.length);
  }

  #beginPatch(flash: FlashMemory, start: number, range: MemoryRange): Download {
    const { store } = this.#core;
    const { agreed } = store.state.transfers;
    const base = agreed && this.#baseOf(agreed, otherBank(flash.bank));
    // The base is asked for with checkBase first.
    if (agreed === undefined || base === undefined) {
      throw new UdsRefused(RequestDownload, Nrc.conditionsNotCorrect);
    }
    const resumed = resumedPatch(store.state.transfers, range);
    if (resumed === undefined) demandErased(flash, start, range.length);
    const open = resumed ?? { ...range, patchOffset: 0 };
    try {
      const download = new DeltaDownload({ core: this.#core, base, flash, start, patch: agreed, open });
      if (resumed === undefined) store.update({ transfers: beginPatch(store.state.transfers, range) });
      return download;
    } catch (cause) {
      if (!(cause instanceof DeltaError)) throw cause;
      if (resumed !== undefined) store.update({ transfers: forgetPatch(store.state.transfers) });
      throw new UdsRefused(RequestDownload, Nrc.uploadDownloadNotAccepted, { cause });
    }
  }

  #baseOf({ baseSha256 }: AgreedPatch, bank: Bank): ImageReader | undefined {
    if (baseSha256 === NO_BASE.sha256) return NO_IMAGE;
    const { store, flash } = this.#core;
    return installedImage(store.state, bank, (offset, length) => flash[bank].read(offset, length));
  }

  async #take(counter: number, data: Uint8Array): Promise<void> {
    const download = this.#download;
    if (download === undefined) throw new UdsRefused(TransferData, Nrc.requestSequenceError);
    switch (this.#counter.expects(counter)) {
      case "repeated":
        // Its answer was lost: answered again, not written again (ISO 14229-1:2020, 15.4.2).
        return;
      case "wrong":
        throw new UdsRefused(TransferData, Nrc.wrongBlockSequenceCounter);
      default:
    }
    if (data.length === 0 || data.length > download.maxBlockBytes - BLOCK_HEADER_BYTES) {
      throw new UdsRefused(TransferData, Nrc.requestOutOfRange);
    }
    if (data.length > download.missing) throw new UdsRefused(TransferData, Nrc.transferDataSuspended);
    await this.#carryOut(TransferData, () => download.take(data));
    this.#counter.took(counter);
  }

  async #end(): Promise<void> {
    const download = this.#download;
    if (download === undefined || download.missing > 0) {
      throw new UdsRefused(RequestTransferExit, Nrc.requestSequenceError);
    }
    await this.#carryOut(RequestTransferExit, () => download.end());
    this.#download = undefined;
  }

  /** An error ends the download. */
  async #carryOut(service: AnyService, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (cause) {
      this.#download = undefined;
      if (cause instanceof FlashError) {
        throw new UdsRefused(service, Nrc.generalProgrammingFailure, { cause });
      }
      if (cause instanceof DeltaError) throw new UdsRefused(service, Nrc.requestOutOfRange, { cause });
      throw cause;
    }
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

function demandErased(flash: FlashMemory, start: number, length: number): void {
  if (!flash.isErased(start, length)) throw new UdsRefused(RequestDownload, Nrc.conditionsNotCorrect);
}

/** Erases the sectors of a stretch that are not erased already. */
async function eraseUsed(flash: FlashMemory, start: number, length: number): Promise<void> {
  const { sectorBytes } = flash.geometry;
  for (let at = start - (start % sectorBytes); at < start + length; at += sectorBytes) {
    if (!flash.isErased(at, sectorBytes)) await flash.erase(at, sectorBytes);
  }
}
