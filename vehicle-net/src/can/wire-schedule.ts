import { bitsMs, INTERMISSION_BITS, type BitRates, type FrameBits } from "./bit-timing.ts";

/**
 * When frames end on the wire. Those without a gap between them are timed from the first of them in whole bits, so that
 * however many there are, no rounding adds up.
 */
export class WireSchedule {
  readonly #rates: BitRates;
  #runStartMs = 0;
  #nominalBits = 0;
  #dataBits = 0;
  #freeMs = -Infinity;
  #earlierRunsMs = 0;

  constructor(rates: BitRates) {
    this.#rates = rates;
  }

  /** From here on the next frame may start, ms: the end of the last interframe space. */
  get freeMs(): number {
    return this.#freeMs;
  }

  /** Time occupied so far, ms. */
  get busyMs(): number {
    return this.#earlierRunsMs + bitsMs(this.#runBits, this.#rates);
  }

  /** Duration of a nominal bit, ms. */
  get bitMs(): number {
    return 1000 / this.#rates.bitrate;
  }

  /** Lets a frame start at `startMs`, which is `freeMs` or later. Returns the end of its last bit before the interframe space. */
  occupy(startMs: number, bits: FrameBits): number {
    if (startMs !== this.#freeMs) {
      this.#earlierRunsMs = this.busyMs;
      this.#runStartMs = startMs;
      this.#nominalBits = 0;
      this.#dataBits = 0;
    }
    this.#nominalBits += bits.nominalBits;
    this.#dataBits += bits.dataBits;
    this.#freeMs = this.#runStartMs + bitsMs(this.#runBits, this.#rates);
    const { nominalBits, dataBits } = this.#runBits;
    return this.#runStartMs + bitsMs({ nominalBits: nominalBits - INTERMISSION_BITS, dataBits }, this.#rates);
  }

  get #runBits(): FrameBits {
    return { nominalBits: this.#nominalBits, dataBits: this.#dataBits };
  }
}
