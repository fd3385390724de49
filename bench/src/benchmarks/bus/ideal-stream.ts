import { type BitRates, type CanFrame, frameTimeMs } from "@halfshaft/vehicle-net/can";

export interface StreamFormat {
  readonly id: number;
  /** Bytes of image in one frame: 7 on classic CAN, 63 on CAN FD. */
  readonly bytesPerFrame: 7 | 63;
}

/**
 * Wire time in ms of nothing but consecutive frames that carry `image`: no flow control, no UDS, no gaps, with the
 * stuff bits that these very bytes need. What a flash can at best come near to.
 */
export function idealStreamMs(
  image: Uint8Array,
  rates: BitRates,
  { id, bytesPerFrame }: StreamFormat,
): number {
  const fd = bytesPerFrame === 63;
  let totalMs = 0;
  for (let at = 0, sequence = 1; at < image.length; at += bytesPerFrame, sequence += 1) {
    const data = new Uint8Array(bytesPerFrame + 1);
    data[0] = 0x20 | (sequence & 0x0f);
    data.set(image.subarray(at, at + bytesPerFrame), 1);
    const frame: CanFrame = { id, data, fd, brs: fd };
    totalMs += frameTimeMs(frame, rates);
  }
  return totalMs;
}
