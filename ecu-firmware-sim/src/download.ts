import type { Bank } from "@halfshaft/vehicle-net/ecu";
import type { FlashMemory } from "./flash-memory.ts";

/**
 * One download into a bank as it runs: takes bytes in blocks of any size and gives them to the flash in whole pages.
 * One page buffer is all the memory that it needs.
 */
export class Download {
  /** Offset in the bank at which it begins. */
  readonly start: number;
  readonly length: number;
  readonly #flash: FlashMemory;
  readonly #page: Uint8Array;
  #buffered = 0;
  #programmed = 0;
  /** blockSequenceCounter of the last block that was taken; none before the first. */
  #counter: number | undefined;

  constructor(flash: FlashMemory, start: number, length: number) {
    this.#flash = flash;
    this.start = start;
    this.length = length;
    this.#page = new Uint8Array(flash.geometry.pageBytes);
  }

  get bank(): Bank {
    return this.#flash.bank;
  }

  /** Bytes that have not come yet. */
  get missing(): number {
    return this.length - this.#programmed - this.#buffered;
  }

  /** Bytes from the start of the download that are in flash. */
  get programmed(): number {
    return this.#programmed;
  }

  /** Whether a block with this counter is the one that came last (its answer was lost), the one due, or neither. */
  expects(counter: number): "repeated" | "due" | "wrong" {
    if (counter === this.#counter) return "repeated";
    // The first is 01, and 00 follows FF (ISO 14229-1:2020, 15.4.2).
    const due = this.#counter === undefined ? 1 : (this.#counter + 1) & 0xff;
    return counter === due ? "due" : "wrong";
  }

  /**
   * Takes a block; what fills a page, or ends the download, is programmed.
   * @throws {FlashError}
   * @throws {PowerLost}
   */
  async take(counter: number, data: Uint8Array): Promise<void> {
    for (let taken = 0; taken < data.length;) {
      const room = this.#roomInPage();
      const part = data.subarray(taken, taken + room);
      this.#page.set(part, this.#buffered);
      this.#buffered += part.length;
      taken += part.length;
      if (part.length === room || this.missing === 0) await this.#programPage();
    }
    this.#counter = counter;
  }

  /** Up to the end of the page of flash, which need not begin where the download does. */
  #roomInPage(): number {
    const { pageBytes } = this.#flash.geometry;
    const within = (this.start + this.#programmed) % pageBytes;
    return pageBytes - within - this.#buffered;
  }

  async #programPage(): Promise<void> {
    await this.#flash.program(this.start + this.#programmed, this.#page.subarray(0, this.#buffered));
    this.#programmed += this.#buffered;
    this.#buffered = 0;
  }
}
