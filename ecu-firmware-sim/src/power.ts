/** Power went away while something was being written, or is away already. */
export class PowerLost extends Error {
  override readonly name = "PowerLost";

  constructor() {
    super("the ECU has no power");
  }
}

/** A power cut in the middle of a write to non-volatile memory. */
export interface PowerCut {
  /** Which write it hits, counted from power-on: 1 is the first. A page, a sector and the boot record count one each. */
  readonly atWrite: number;
  /** How much of that write is done when the power goes, 0 to 1. A page or sector is torn there; the boot record, which is atomic, is old below 0.5 and new from there on. */
  readonly share: number;
}

/**
 * The supply of an ECU between one power-on and the next power-off. Whatever writes asks it first, so that nothing
 * is written by code that still runs after the power has gone.
 */
export class Power {
  readonly #cut: PowerCut | undefined;
  readonly #onLost: () => void;
  readonly #gone = new AbortController();
  #writes = 0;

  /** @param onLost called once when the cut happens, not at `off` */
  constructor(cut: PowerCut | undefined, onLost: () => void) {
    this.#cut = cut;
    this.#onLost = onLost;
  }

  /** Writes since power-on. */
  get writes(): number {
    return this.#writes;
  }

  /** Aborts when the power goes. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  off(): void {
    this.#gone.abort(new PowerLost());
  }

  /**
   * Carries out one write. `write` is told how much of it to do; with less than 1 the power goes right after.
   * @throws {PowerLost}
   */
  spend(write: (share: number) => void): void {
    this.#gone.signal.throwIfAborted();
    this.#writes += 1;
    if (this.#writes !== this.#cut?.atWrite) {
      write(1);
      return;
    }
    write(this.#cut.share);
    this.off();
    this.#onLost();
    throw new PowerLost();
  }
}
