/** Collects bits, most significant first, in an array that grows. */
export class BitWriter {
  #bytes: Uint8Array;
  #length = 0;
  #pending = 0;
  #pendingBits = 0;

  constructor(expectedBytes: number) {
    this.#bytes = new Uint8Array(expectedBytes);
  }

  /** Appends the low `bits` (at most 24) of `value`; the others must be zero. */
  write(value: number, bits: number): void {
    this.#pending = (this.#pending << bits) | value;
    this.#pendingBits += bits;
    while (this.#pendingBits >= 8) {
      this.#pendingBits -= 8;
      if (this.#length === this.#bytes.length) this.#grow();
      this.#bytes[this.#length++] = this.#pending >>> this.#pendingBits;
    }
  }

  writeU32(value: number): void {
    this.write(value >>> 16, 16);
    this.write(value & 0xffff, 16);
  }

  /** All bytes so far, the last one filled up with zero bits. */
  finish(): Uint8Array {
    if (this.#pendingBits > 0) this.write(0, 8 - this.#pendingBits);
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.length * 2 + 64);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
