import { UdsFormatError } from "./error.ts";

/** Reads big-endian fields from one message, in order. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** The next `length` bytes as a view of the message. @throws {UdsFormatError} where it is shorter. */
  take(length: number): Uint8Array {
    if (length > this.remaining) {
      throw new UdsFormatError(
        "too-short",
        `the message has ${this.#bytes.length} bytes; byte ${this.#offset + length} is missing`,
      );
    }
    return this.#bytes.subarray(this.#offset, (this.#offset += length));
  }

  /** An unsigned number of `size` bytes. @throws {UdsFormatError} beyond 2^53 − 1, which JavaScript cannot hold. */
  uint(size: number): number {
    const value = this.take(size).reduce((value, byte) => value * 0x100 + byte, 0);
    if (!Number.isSafeInteger(value)) {
      throw new UdsFormatError(
        "out-of-range",
        `a number of ${size} bytes is beyond ${Number.MAX_SAFE_INTEGER}`,
      );
    }
    return value;
  }
}

/** Collects the big-endian fields of one message. */
export class ByteWriter {
  readonly #parts: Uint8Array[] = [];

  bytes(part: Uint8Array): void {
    this.#parts.push(part);
  }

  /** @throws {UdsFormatError} where `value` does not fit `size` bytes. */
  uint(size: number, value: number): void {
    if (!Number.isSafeInteger(value) || value < 0 || value >= 0x100 ** size) {
      throw new UdsFormatError("out-of-range", `${value} does not fit an unsigned number of ${size} bytes`);
    }
    const part = new Uint8Array(size);
    for (let i = size - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 0x100)) part[i] = rest % 0x100;
    this.#parts.push(part);
  }

  finish(): Uint8Array {
    const message = new Uint8Array(this.#parts.reduce((length, part) => length + part.length, 0));
    let offset = 0;
    for (const part of this.#parts) {
      message.set(part, offset);
      offset += part.length;
    }
    return message;
  }
}
