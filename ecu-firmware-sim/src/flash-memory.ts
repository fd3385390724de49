import type { Clock } from "@halfshaft/vehicle-net/clock";
import type { Bank } from "@halfshaft/vehicle-net/ecu";
import type { Power } from "./power.ts";
import type { EcuStorage } from "./storage.ts";
import { ERASED, halfErased, halfProgrammed } from "./torn.ts";

/** The share of an operation that was interrupted is below one. */
const ALMOST = 0.99;

/** How a bank is made; sizes in bytes. Pages lie in sectors without remainder. */
export interface FlashGeometry {
  readonly bankBytes: number;
  /** Smallest stretch that can be erased. */
  readonly sectorBytes: number;
  /** Largest stretch that is programmed at once. */
  readonly pageBytes: number;
  readonly eraseMsPerSector: number;
  readonly programMsPerPage: number;
}

export type FlashErrorCode = "not-erased" | "out-of-range";

/** What flash cannot do. */
export class FlashError extends Error {
  override readonly name = "FlashError";
  readonly code: FlashErrorCode;

  constructor(code: FlashErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export interface FlashMemoryOptions {
  readonly bank: Bank;
  readonly geometry: FlashGeometry;
  readonly storage: EcuStorage;
  readonly clock: Clock;
  readonly power: Power;
  /** Erase cycles of each sector so far. */
  readonly wear: readonly number[];
}

/**
 * One bank of flash: erased in sectors to FF, programmed in pages, each byte once between two erasures. A power cut
 * leaves the page or sector it hits torn. Erasing and programming take their time on the clock.
 */
export class FlashMemory {
  readonly bank: Bank;
  readonly geometry: FlashGeometry;
  readonly #options: FlashMemoryOptions;
  readonly #wear: number[];
  /** Pages that `complete` wrote and whose time has not passed yet, as they were before. */
  #stalls: { readonly start: number; readonly before: Uint8Array }[] = [];

  constructor(options: FlashMemoryOptions) {
    this.#options = options;
    this.bank = options.bank;
    this.geometry = options.geometry;
    const sectors = Math.ceil(this.geometry.bankBytes / this.geometry.sectorBytes);
    this.#wear = Array.from({ length: sectors }, (_, i) => options.wear[i] ?? 0);
  }

  /** Erase cycles of each sector. */
  get wear(): readonly number[] {
    return [...this.#wear];
  }

  /** @throws {FlashError} `out-of-range` */
  read(offset: number, length: number): Uint8Array {
    this.#demandInside(offset, length);
    return this.#options.storage.readBank(this.bank, offset, length);
  }

  isErased(offset: number, length: number): boolean {
    return this.read(offset, length).every((byte) => byte === ERASED);
  }

  /** What was erased and programmed so far survives a power cut after this. */
  sync(): void {
    this.#options.storage.syncBank(this.bank);
  }

  /**
   * Erases every sector that the stretch touches.
   * @throws {FlashError} `out-of-range`
   * @throws {PowerLost}
   */
  async erase(offset: number, length: number): Promise<void> {
    this.#demandInside(offset, length);
    const { sectorBytes, bankBytes, eraseMsPerSector } = this.geometry;
    const { storage } = this.#options;
    const operate = this.#operations(eraseMsPerSector);
    for (let sector = Math.floor(offset / sectorBytes); sector * sectorBytes < offset + length; sector += 1) {
      const start = sector * sectorBytes;
      const size = Math.min(sectorBytes, bankBytes - start);
      await operate((share) => {
        this.#wear[sector] = (this.#wear[sector] ?? 0) + 1;
        const before = storage.readBank(this.bank, start, size);
        storage.writeBank(this.bank, start, halfErased(before, share));
      });
    }
  }

  /**
   * Programs bytes that are erased, page by page.
   * @throws {FlashError} `not-erased` names the first byte that is not; nothing is written then.
   * @throws {FlashError} `out-of-range`
   * @throws {PowerLost}
   */
  async program(offset: number, bytes: Uint8Array): Promise<void> {
    const before = this.read(offset, bytes.length);
    const used = before.findIndex((byte) => byte !== ERASED);
    if (used >= 0) throw this.#notErased(offset + used);
    const { pageBytes, programMsPerPage } = this.geometry;
    const { storage } = this.#options;
    const operate = this.#operations(programMsPerPage);
    for (let done = 0; done < bytes.length;) {
      const start = offset + done;
      const end = done + pageBytes - (start % pageBytes);
      const page = bytes.subarray(done, end);
      const erased = before.subarray(done, end);
      await operate((share) => storage.writeBank(this.bank, start, halfProgrammed(erased, page, share)));
      done = end;
    }
  }

  /**
   * Programs what is missing of bytes that may be there already, whole or torn: equal pages are left alone, and a
   * torn one is programmed again with what it was meant to hold, which only clears more bits (NOR flash without ECC
   * takes this: an nRF51 two writes of each word). Synchronous, as the core stalls; `settle` lets the time pass.
   * @throws {FlashError} `not-erased` where a bit would have to be set; `out-of-range`
   * @throws {PowerLost}
   */
  complete(offset: number, bytes: Uint8Array): void {
    this.#demandInside(offset, bytes.length);
    const { pageBytes } = this.geometry;
    const { storage, power } = this.#options;
    for (let done = 0; done < bytes.length;) {
      const start = offset + done;
      const page = bytes.subarray(done, done + pageBytes - (start % pageBytes));
      done += page.length;
      const before = storage.readBank(this.bank, start, page.length);
      if (page.every((byte, i) => byte === before[i])) continue;
      const wrong = page.findIndex((byte, i) => (byte & ~before[i]!) !== 0);
      if (wrong >= 0) throw this.#notErased(start + wrong);
      power.spend((share) => storage.writeBank(this.bank, start, halfProgrammed(before, page, share)));
      this.#stalls.push({ start, before });
    }
  }

  /**
   * The time that `complete` took so far. Power that goes meanwhile takes away what would not have been written yet.
   * @throws {PowerLost}
   */
  async settle(): Promise<void> {
    const stalls = this.#stalls;
    this.#stalls = [];
    const { programMsPerPage } = this.geometry;
    const { clock, power, storage } = this.#options;
    if (stalls.length === 0 || programMsPerPage === 0) return;
    const startMs = clock.now();
    const takeBack = (): void => {
      const pagesDone = (clock.now() - startMs) / programMsPerPage;
      for (const [i, { start, before }] of stalls.entries()) {
        const share = pagesDone - i;
        if (share >= 1) continue;
        const page = storage.readBank(this.bank, start, before.length);
        storage.writeBank(this.bank, start, share <= 0 ? before : halfProgrammed(before, page, share));
      }
    };
    power.signal.addEventListener("abort", takeBack, { once: true });
    await clock
      .sleep(stalls.length * programMsPerPage, power.signal)
      .finally(() => power.signal.removeEventListener("abort", takeBack));
  }

  #notErased(offset: number): FlashError {
    return new FlashError("not-erased", `byte ${offset} of bank ${this.bank} is not erased`);
  }

  #demandInside(offset: number, length: number): void {
    const { bankBytes } = this.geometry;
    if (offset < 0 || length < 0 || offset + length > bankBytes) {
      const range = `bytes ${offset} to ${offset + length}`;
      throw new FlashError("out-of-range", `${range} do not lie in bank ${this.bank} of ${bankBytes} bytes`);
    }
  }

  /**
   * Operations that take `durationMs` each, one after another. They keep a schedule: where the clock's timers come
   * late, the next operation makes it up. When the power goes meanwhile, the operation is done as far as its time.
   */
  #operations(durationMs: number): (operation: (share: number) => void) => Promise<void> {
    const { clock, power } = this.#options;
    let dueMs = clock.now();
    return async (operation) => {
      power.signal.throwIfAborted();
      const startMs = dueMs;
      dueMs += durationMs;
      const waitMs = dueMs - clock.now();
      if (waitMs > 0) {
        const tear = (): void => operation(Math.min((clock.now() - startMs) / durationMs, ALMOST));
        power.signal.addEventListener("abort", tear, { once: true });
        await clock
          .sleep(waitMs, power.signal)
          .finally(() => power.signal.removeEventListener("abort", tear));
      }
      power.spend(operation);
    };
  }
}
