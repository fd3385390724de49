import { type EcuProfile, profileNamed } from "@halfshaft/vehicle-net/ecu";
import { oneEcuRig, withoutProcessingTime } from "../../rig/one-ecu.ts";
import type { StreamFormat } from "./ideal-stream.ts";
import { checkInactiveBank, engineFirmware } from "./images.ts";
import { type BusResult, type NamedBus, ratesOf } from "./result.ts";
import { TransferWindow } from "./transfer-window.ts";

/**
 * Flashes one ECU without processing time on a virtual bus in virtual time, from the first bit of 34 to the last bit
 * of the answer to 37; the image is the engine's firmware.
 * @throws {BenchError} `UNEXPECTED_RESULT` where the bank does not hold the image at the end.
 */
export async function measureOneEcu(bus: NamedBus): Promise<BusResult> {
  const profile = benchProfile(bus);
  const [oldImage, newImage] = await Promise.all([engineFirmware("old"), engineFirmware("new")]);
  const { clock, wire, ecu, installer, image } = await oneEcuRig({
    ...bus.rates,
    profile,
    oldImage,
    newImage,
  });
  const window = new TransferWindow([profile], bus.rates);
  wire.onFrame((frame, atMs) => window.show(frame, atMs));
  await clock.run(installer.install(image));
  await clock.run(installer.close());
  checkInactiveBank(ecu, image.sha256);
  ecu.close();
  const seconds = (window.exitMs - window.downloadMs) / 1000;
  return { mode: "virtual", ...ratesOf(bus, [{ bytes: newImage, format: streamOf(profile) }], seconds) };
}

/** The engine without processing time; on a bus with a data phase it speaks CAN FD with frames of 64 bytes. */
function benchProfile({ rates }: NamedBus): EcuProfile {
  const profile = withoutProcessingTime(profileNamed("engine"));
  if (rates.dataBitrate === undefined) return profile;
  return {
    ...profile,
    addressing: { ...profile.addressing, fdTxDl: 64 },
    // 62 bytes in the first frame and 64 times 63: a byte more would cost a frame more.
    transfer: { ...profile.transfer, maxBlockBytes: 4094 },
  };
}

export const streamOf = ({ addressing }: EcuProfile): StreamFormat => ({
  id: addressing.requestId,
  bytesPerFrame: addressing.fdTxDl === 64 ? 63 : 7,
});
