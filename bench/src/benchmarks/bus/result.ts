import type { BitRates } from "@halfshaft/vehicle-net/can";
import { idealStreamMs, type StreamFormat } from "./ideal-stream.ts";

/** One measurement of a flash; rates in bytes of image per second. */
export interface BusResult {
  readonly mode: "virtual" | "real";
  /** Bit rates: `500k`, `500k/2M`. */
  readonly bus: string;
  readonly ecus: number;
  /** Identifiers in words, where several ECUs share the bus. */
  readonly answers?: "lower" | "higher";
  /** Of all images together. */
  readonly bytes: number;
  readonly limitBytesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Share of the limit. */
  readonly efficiency: number;
  /** The same images into the same ECUs, one ECU after another. */
  readonly sequentialSeconds?: number;
  readonly seconds: number;
}

/** A bus by its name in results. */
export interface NamedBus {
  readonly name: string;
  readonly rates: BitRates;
}

/** What every result says: `images` were carried in `seconds`, where an ideal stream of their bytes had been faster. */
export function ratesOf(
  { name, rates }: NamedBus,
  images: readonly { readonly bytes: Uint8Array; readonly format: StreamFormat }[],
  seconds: number,
): Omit<BusResult, "mode"> {
  const bytes = images.reduce((sum, image) => sum + image.bytes.length, 0);
  const limitMs = images.reduce((sum, image) => sum + idealStreamMs(image.bytes, rates, image.format), 0);
  return {
    bus: name,
    ecus: images.length,
    bytes,
    limitBytesPerSecond: (bytes * 1000) / limitMs,
    bytesPerSecond: bytes / seconds,
    efficiency: limitMs / 1000 / seconds,
    seconds,
  };
}
