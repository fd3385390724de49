import { DeltaError } from "../delta-error.ts";

/** Takes bits, most significant first, from `bytes`; reading past the end is an error, peeking is not. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #position = 0;
  #pending = 0;
  #pendingBits = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next 1 to 24 bits. @throws {DeltaError} `truncated` */
  read(bits: number): number {
    const value = this.peek(bits);
    this.skip(bits);
    return value;
  }

  readU32(): number {
    return this.read(16) * 0x1_0000 + this.read(16);
  }

  /** The next 1 to 24 bits without taking them; zeros behind the end. */
  peek(bits: number): number {
    while (this.#pendingBits < bits) {
      const byte = this.#position < this.#bytes.length ? this.#bytes[this.#position]! : 0;
      this.#position++;
      this.#pending = (this.#pending << 8) | byte;
      this.#pendingBits += 8;
    }
    return (this.#pending >>> (this.#pendingBits - bits)) & ((1 << bits) - 1);
  }

  /** Takes bits that were peeked. @throws {DeltaError} `truncated` */
  skip(bits: number): void {
    this.#pendingBits -= bits;
    if (this.#position > this.#bytes.length && this.bytesLeft < 0) {
      throw new DeltaError(
        "truncated",
        `bzip2 stream ends within a block, after ${this.#bytes.length} bytes`,
      );
    }
  }

  /** Whole bytes not yet begun. */
  get bytesLeft(): number {
    return this.#bytes.length - this.#position + (this.#pendingBits >> 3);
  }
}
