import type { CanFrame } from "@halfshaft/vehicle-net/can";

const TRANSFER_DATA = 0x36;
/** Service identifier and block sequence counter come before the data of a block. */
const BLOCK_HEADER_BYTES = 2;

/**
 * Counts what crosses a classic CAN bus for one ECU, from the frames alone (ISO 15765-2, 9.6; messages below
 * 4096 bytes).
 */
export class BusTraffic {
  /** Data bytes of all frames, both ways, flow control and padding included. */
  frameBytes = 0;
  /** Bytes of the UDS messages, both ways, counted where they begin. */
  udsBytes = 0;
  /** Data of TransferData that has left the tester, repetitions included. */
  transferBytes = 0;
  readonly #requestId: number;
  readonly #responseId: number;
  /** Bytes still to come of the TransferData under way. */
  #left = 0;

  constructor(addressing: { readonly requestId: number; readonly responseId: number }) {
    this.#requestId = addressing.requestId;
    this.#responseId = addressing.responseId;
  }

  show({ id, data }: CanFrame): void {
    if (id !== this.#requestId && id !== this.#responseId) return;
    this.frameBytes += data.length;
    const kind = data[0]! >>> 4;
    const start = kind === 0 ? 1 : 2;
    const isStart = kind <= 1;
    const length = kind === 0 ? data[0]! & 0x0f : ((data[0]! & 0x0f) << 8) | data[1]!;
    if (isStart) this.udsBytes += length;
    if (id === this.#responseId || kind > 2) return;
    if (isStart) {
      this.#left = data[start] === TRANSFER_DATA ? length - BLOCK_HEADER_BYTES : 0;
      this.#take(data.length - start - BLOCK_HEADER_BYTES);
    } else {
      this.#take(data.length - 1);
    }
  }

  #take(room: number): void {
    const taken = Math.min(room, this.#left);
    this.#left -= taken;
    this.transferBytes += taken;
  }
}
