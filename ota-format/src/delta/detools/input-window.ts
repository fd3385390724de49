import { DeltaError } from "../delta-error.ts";

const WINDOW_BYTES = 256;

/** Input that was pushed and not yet used. */
export class InputWindow {
  readonly bytes = new Uint8Array(WINDOW_BYTES);
  #start = 0;
  #end = 0;

  get available(): number {
    return this.#end - this.#start;
  }

  /** Takes as much of `input[from..]` as there is room for; how much. */
  fill(input: Uint8Array, from: number): number {
    this.bytes.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    const count = Math.min(WINDOW_BYTES - this.#end, input.length - from);
    this.bytes.set(input.subarray(from, from + count), this.#end);
    this.#end += count;
    return count;
  }

  /** @throws {DeltaError} `truncated` */
  next(): number {
    if (this.#start === this.#end) throw new DeltaError("truncated", "the patch ends too early");
    return this.bytes[this.#start++]!;
  }

  /** What is left, for a snapshot. */
  rest(): Uint8Array {
    return this.bytes.subarray(this.#start, this.#end);
  }

  reset(rest: Uint8Array): void {
    this.#start = 0;
    this.#end = 0;
    this.fill(rest, 0);
  }
}
