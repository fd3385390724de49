import {
  createEcu,
  type EcuFaults,
  type EcuHandle,
  memoryStorage,
  provisionEcu,
} from "@halfshaft/ecu-firmware-sim";
import { type ImageToInstall, UdsInstaller } from "@halfshaft/edge-agent/installer";
import { type BitRates, VirtualBus } from "@halfshaft/vehicle-net/can";
import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import type { EcuProfile } from "@halfshaft/vehicle-net/ecu";
import { benchKey, signImage } from "./signed-image.ts";

export interface OneEcuOptions extends BitRates {
  readonly profile: EcuProfile;
  readonly oldImage: Uint8Array;
  readonly newImage: Uint8Array;
  readonly faults?: EcuFaults;
}

/** One simulated ECU, a gateway's installer and the bus between them, in virtual time. */
export interface OneEcuRig {
  readonly clock: VirtualClock;
  readonly wire: VirtualBus;
  readonly ecu: EcuHandle;
  readonly installer: UdsInstaller;
  /** The new image as the installer takes it. */
  readonly image: ImageToInstall;
  readonly oldSha256: string;
}

/** The ECU runs the old image from bank A and answers when this resolves. */
export async function oneEcuRig(options: OneEcuOptions): Promise<OneEcuRig> {
  const { profile, oldImage, newImage, bitrate, dataBitrate, faults } = options;
  const clock = new VirtualClock();
  const wire = new VirtualBus({ clock, bitrate, dataBitrate });
  const { address } = profile.memory.find((region) => region.flashed)!;
  const { hardwareId } = profile;
  const key = benchKey();
  const installed = signImage(key, oldImage, { hardwareId, version: "1.0.0", address });
  const { signedDescriptor, sha256 } = signImage(key, newImage, { hardwareId, version: "2.0.0", address });

  const storage = memoryStorage();
  const { publicKey } = key;
  const descriptor = installed.signedDescriptor;
  provisionEcu({
    storage,
    profile,
    serial: "RIG-1",
    publicKey,
    image: oldImage,
    signedDescriptor: descriptor,
  });
  const ecu = createEcu({ profile, bus: wire.attach("ecu"), clock, storage, faults });
  const installer = new UdsInstaller({ ecuId: "RIG-1", profile, bus: wire.attach("gateway"), clock });
  await clock.run(ecu.answering());
  return {
    clock,
    wire,
    ecu,
    installer,
    image: {
      source: {
        length: newImage.length,
        read: (offset, length) => newImage.subarray(offset, offset + length),
      },
      sha256,
      segments: [{ address, length: newImage.length }],
      signedDescriptor,
    },
    oldSha256: installed.sha256,
  };
}

/** A profile whose ECU needs no time of its own: what is left are the bus and the protocols. */
export function withoutProcessingTime(profile: EcuProfile): EcuProfile {
  return {
    ...profile,
    flash: { ...profile.flash, eraseMsPerSector: 0, programMsPerPage: 0 },
    boot: { ...profile.boot, startMs: 0 },
  };
}
