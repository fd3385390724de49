import type { Download } from "./download.ts";
import type { EcuCore } from "./ecu-core.ts";
import type { FlashMemory } from "./flash-memory.ts";
import { checkpoint, closeDownload } from "./transfer-log.ts";

/** Sectors between two notes of how far a download is: what a power cut costs at most, against writes of the record. */
const CHECKPOINT_SECTORS = 4;

/**
 * Plain bytes: takes blocks of any size and gives them to the flash in whole pages. One page buffer is all the
 * memory that it needs.
 */
export class RawDownload implements Download {
  readonly maxBlockBytes: number;
  readonly #core: EcuCore;
  readonly #flash: FlashMemory;
  /** Offset in the bank at which it begins. */
  readonly #start: number;
  readonly #length: number;
  readonly #page: Uint8Array;
  #buffered = 0;
  #programmed = 0;
  /** Offset in the bank up to which the record notes the download as done. */
  #noted: number;

  constructor(core: EcuCore, flash: FlashMemory, start: number, length: number) {
    this.maxBlockBytes = core.profile.transfer.maxBlockBytes;
    this.#core = core;
    this.#flash = flash;
    this.#start = start;
    this.#length = length;
    this.#page = new Uint8Array(flash.geometry.pageBytes);
    this.#noted = start;
  }

  get missing(): number {
    return this.#length - this.#programmed - this.#buffered;
  }

  /** What fills a page, or ends the download, is programmed. */
  async take(data: Uint8Array): Promise<void> {
    for (let taken = 0; taken < data.length;) {
      const room = this.#roomInPage();
      const part = data.subarray(taken, taken + room);
      this.#page.set(part, this.#buffered);
      this.#buffered += part.length;
      taken += part.length;
      if (part.length === room || this.missing === 0) await this.#programPage();
    }
    this.#note();
  }

  async end(): Promise<void> {
    const { store } = this.#core;
    this.#flash.sync();
    store.update({ transfers: closeDownload(store.state.transfers) });
  }

  /** Up to the end of the page of flash, which need not begin where the download does. */
  #roomInPage(): number {
    const { pageBytes } = this.#flash.geometry;
    const within = (this.#start + this.#programmed) % pageBytes;
    return pageBytes - within - this.#buffered;
  }

  async #programPage(): Promise<void> {
    await this.#flash.program(this.#start + this.#programmed, this.#page.subarray(0, this.#buffered));
    this.#programmed += this.#buffered;
    this.#buffered = 0;
  }

  /** Notes from time to time, at the end of a sector, what a power cut can no longer take away. */
  #note(): void {
    const { store } = this.#core;
    const end = this.#start + this.#programmed;
    const boundary = end - (end % (this.#flash.geometry.sectorBytes * CHECKPOINT_SECTORS));
    // The end of a download is noted by 37 alone: what it has not confirmed is not complete.
    if (boundary <= this.#noted || this.missing === 0) return;
    this.#flash.sync();
    const done = (store.state.transfers.open?.done ?? 0) + boundary - this.#noted;
    store.update({ transfers: checkpoint(store.state.transfers, done) });
    this.#noted = boundary;
  }
}
