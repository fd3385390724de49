import {
  createEcu,
  type EcuFaults,
  type EcuHandle,
  memoryStorage,
  provisionEcu,
} from "@halfshaft/ecu-firmware-sim";
import type { ImageToInstall } from "@halfshaft/edge-agent/installer";
import type { CanBus } from "@halfshaft/vehicle-net/can";
import type { Clock } from "@halfshaft/vehicle-net/clock";
import type { EcuProfile } from "@halfshaft/vehicle-net/ecu";
import { benchKey, type SegmentRange, signImage } from "./signed-image.ts";

export interface SimulatedEcuOptions {
  readonly clock: Clock;
  /** What the ECU is attached to. */
  readonly wire: { attach(name: string): CanBus };
  readonly profile: EcuProfile;
  readonly serial: string;
  readonly oldImage: Uint8Array;
  readonly newImage: Uint8Array;
  /** Of both images, ascending; left out: one at the start of the memory that is flashed. */
  readonly segments?: { readonly old: readonly SegmentRange[]; readonly new: readonly SegmentRange[] };
  readonly faults?: EcuFaults;
}

/** An ECU on a bus, and the software that is meant for it. */
export interface SimulatedEcu {
  readonly ecu: EcuHandle;
  /** The new image as the installer takes it. */
  readonly image: ImageToInstall;
  readonly oldSha256: string;
}

/** Makes an ECU that runs the old image from bank A, powers it on and signs the new image for it. */
export function simulatedEcu(options: SimulatedEcuOptions): SimulatedEcu {
  const { clock, wire, profile, serial, oldImage, newImage, faults } = options;
  const { hardwareId, memory } = profile;
  const { address } = memory.find((region) => region.flashed)!;
  const {
    segments = {
      old: [{ address, length: oldImage.length }],
      new: [{ address, length: newImage.length }],
    },
  } = options;
  const key = benchKey();
  const installed = signImage(key, oldImage, { hardwareId, version: "1.0.0", segments: segments.old });
  const { signedDescriptor, sha256 } = signImage(key, newImage, {
    hardwareId,
    version: "2.0.0",
    segments: segments.new,
  });
  const storage = memoryStorage();
  provisionEcu({
    storage,
    profile,
    serial,
    publicKey: key.publicKey,
    image: oldImage,
    signedDescriptor: installed.signedDescriptor,
  });
  return {
    ecu: createEcu({ profile, bus: wire.attach(serial), clock, storage, faults }),
    image: {
      source: {
        length: newImage.length,
        read: (offset, length) => newImage.subarray(offset, offset + length),
      },
      sha256,
      segments: segments.new,
      signedDescriptor,
    },
    oldSha256: installed.sha256,
  };
}
