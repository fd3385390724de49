import { type BitRates, type CanFrame, frameTimeMs } from "@halfshaft/vehicle-net/can";
import type { EcuProfile } from "@halfshaft/vehicle-net/ecu";

/** Bits of single frame, first frame and answer that tell where a transfer begins and ends (ISO 15765-2, 9.6). */
const REQUEST_DOWNLOAD = 0x34;
const TRANSFER_DATA = 0x36;
const TRANSFER_EXITED = 0x77;

/**
 * Notes, from the frames of a bus, when the transfers of some ECUs happened. Times in ms of whoever shows the frames;
 * NaN until the frame came.
 */
export class TransferWindow {
  /** First bit of the first RequestDownload. */
  downloadMs = Number.NaN;
  /** First bit of the first TransferData. */
  transferMs = Number.NaN;
  /** Last bit of the last answer to RequestTransferExit. */
  exitMs = Number.NaN;
  readonly #rates: BitRates;
  readonly #requestIds: ReadonlySet<number>;
  readonly #responseIds: ReadonlySet<number>;

  constructor(profiles: readonly EcuProfile[], rates: BitRates) {
    this.#rates = rates;
    this.#requestIds = new Set(profiles.map(({ addressing }) => addressing.requestId));
    this.#responseIds = new Set(profiles.map(({ addressing }) => addressing.responseId));
  }

  /** @param atMs end of the frame. */
  show(frame: CanFrame, atMs: number): void {
    const service = serviceOf(frame.data);
    if (this.#requestIds.has(frame.id)) {
      const startMs = atMs - frameTimeMs(frame, this.#rates);
      if (service === REQUEST_DOWNLOAD && Number.isNaN(this.downloadMs)) this.downloadMs = startMs;
      if (service === TRANSFER_DATA && Number.isNaN(this.transferMs)) this.transferMs = startMs;
    }
    if (this.#responseIds.has(frame.id) && service === TRANSFER_EXITED) this.exitMs = atMs;
  }
}

/** First byte of the message that a frame begins, if it begins one. */
function serviceOf(data: Uint8Array): number | undefined {
  const pci = data[0] ?? 0xff;
  switch (pci >>> 4) {
    case 0:
      return data[pci === 0 ? 2 : 1];
    case 1:
      // The escape form has its length in four more bytes.
      return data[pci === 0x10 && data[1] === 0 ? 6 : 2];
    default:
      return undefined;
  }
}
