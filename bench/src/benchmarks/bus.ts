import { readFile } from "node:fs/promises";
import type { EcuHandle } from "@halfshaft/ecu-firmware-sim";
import { type BitRates, frameTimeMs, type VirtualBus } from "@halfshaft/vehicle-net/can";
import { type EcuProfile, profileNamed } from "@halfshaft/vehicle-net/ecu";
import { BenchError } from "../bench-error.ts";
import { oneEcuRig, withoutProcessingTime } from "../rig/one-ecu.ts";
import { idealStreamMs } from "./ideal-stream.ts";

/** One measurement of a flash; rates in bytes of image per second. */
export interface BusResult {
  readonly mode: "virtual" | "real";
  readonly bus: string;
  readonly ecus: number;
  readonly bytes: number;
  readonly limitBytesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Share of the limit. */
  readonly efficiency: number;
  /** From the first bit of RequestDownload to the last bit of the answer to RequestTransferExit. */
  readonly seconds: number;
}

/**
 * Flashes one ECU without processing time on a virtual bus in virtual time; the image is the engine's firmware.
 * @throws {BenchError} `UNEXPECTED_RESULT` where the bank does not hold the image at the end.
 */
export async function measureVirtualFlash(bus: string, rates: BitRates): Promise<BusResult> {
  const profile = withoutProcessingTime(profileNamed("engine"));
  const [oldImage, newImage] = await Promise.all([readFirmware("old"), readFirmware("new")]);
  const { clock, wire, ecu, installer, image } = await oneEcuRig({ ...rates, profile, oldImage, newImage });
  const window = watchTransfer(wire, profile, rates);
  await clock.run(installer.install(image));
  await clock.run(installer.close());
  checkInactiveBank(ecu, image.sha256);
  ecu.close();

  const seconds = (window.endMs - window.startMs) / 1000;
  const format = { id: profile.addressing.requestId, bytesPerFrame: 7 } as const;
  const limitBytesPerSecond = newImage.length / (idealStreamMs(newImage, rates, format) / 1000);
  const bytesPerSecond = newImage.length / seconds;
  return {
    mode: "virtual",
    bus,
    ecus: 1,
    bytes: newImage.length,
    limitBytesPerSecond,
    bytesPerSecond,
    efficiency: bytesPerSecond / limitBytesPerSecond,
    seconds,
  };
}

/** When the first frame of 34 began and the answer to 37 ended, as the bus itself saw it. */
function watchTransfer(
  wire: VirtualBus,
  profile: EcuProfile,
  rates: BitRates,
): { startMs: number; endMs: number } {
  const window = { startMs: Number.NaN, endMs: Number.NaN };
  wire.onFrame((frame, atMs) => {
    const [first, , third] = frame.data;
    const isFirstFrame = (first ?? 0) >>> 4 === 1;
    if (frame.id === profile.addressing.requestId && isFirstFrame && third === 0x34) {
      window.startMs = atMs - frameTimeMs(frame, rates);
    }
    if (frame.id === profile.addressing.responseId && frame.data[1] === 0x77) window.endMs = atMs;
  });
  return window;
}

function checkInactiveBank(ecu: EcuHandle, sha256: string): void {
  const state = ecu.state();
  const inactive = state.activeBank === "A" ? "B" : "A";
  const found = state.imageSha256Of(inactive);
  if (found !== sha256) {
    throw new BenchError("UNEXPECTED_RESULT", `bank ${inactive} holds ${found ?? "no image"}, not ${sha256}`);
  }
}

async function readFirmware(which: string): Promise<Uint8Array> {
  return new Uint8Array(await readFile(new URL(`../../firmware/engine/${which}.bin`, import.meta.url)));
}
