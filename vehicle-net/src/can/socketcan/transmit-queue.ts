import type { CanError } from "../bus.ts";

/** A frame on its way out, as the kernel takes it. */
interface Transmission {
  /** `struct can_frame` or `struct canfd_frame`. */
  readonly record: Uint8Array;
  readonly resolve: (atMs: number) => void;
  readonly reject: (error: CanError) => void;
}

/** `can_id` and length: what an echo has in common with its frame, besides the data that follow at offset 8. */
const HEAD_BYTES = 5;
const DATA_OFFSET = 8;

/**
 * Frames that wait for the kernel, and frames that it has taken and not yet echoed. Pure: the driver moves frames by
 * `take` and reports echoes.
 */
export class TransmitQueue {
  readonly #waiting: Transmission[] = [];
  #inFlight: Transmission[] = [];

  get waiting(): number {
    return this.#waiting.length;
  }

  get inFlight(): number {
    return this.#inFlight.length;
  }

  push(record: Uint8Array): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#waiting.push({ record, resolve, reject });
    return promise;
  }

  /** The next records to offer to the kernel, at most `limit`. */
  peek(limit: number): readonly Uint8Array[] {
    return this.#waiting.slice(0, limit).map(({ record }) => record);
  }

  /** The kernel took the first `count` of what waits. */
  taken(count: number): void {
    this.#inFlight.push(...this.#waiting.splice(0, count));
  }

  /** The kernel refused the first that waits. */
  refused(error: CanError): void {
    this.#waiting.shift()?.reject(error);
  }

  /**
   * The kernel echoed a frame: it has left. Whatever it took before and did not echo is settled by `skipped`: the kernel
   * keeps the order of one socket, so such a frame was dropped on its way (or only its echo was).
   * @returns whether a frame of ours was meant.
   */
  echoed(record: Uint8Array, atMs: number, skipped: (record: Uint8Array) => CanError | undefined): boolean {
    const index = this.#inFlight.findIndex((transmission) => isSameFrame(transmission.record, record));
    if (index < 0) return false;
    for (const lost of this.#inFlight.splice(0, index)) {
      const error = skipped(lost.record);
      if (error === undefined) lost.resolve(atMs);
      else lost.reject(error);
    }
    this.#inFlight.shift()?.resolve(atMs);
    return true;
  }

  /** Gives up everything. What the kernel has taken may still leave: `forget` says whether its echo can still come. */
  rejectAll(error: CanError, { forget }: { readonly forget: boolean }): void {
    for (const { reject } of [...this.#inFlight, ...this.#waiting.splice(0)]) reject(error);
    if (forget) this.#inFlight = [];
  }
}

function isSameFrame(sent: Uint8Array, echo: Uint8Array): boolean {
  const end = DATA_OFFSET + (sent[HEAD_BYTES - 1] ?? 0);
  for (let index = 0; index < end; index += 1) {
    if (index >= HEAD_BYTES && index < DATA_OFFSET) continue;
    if (sent[index] !== echo[index]) return false;
  }
  return true;
}
