import type { EcuFaults, EcuHandle } from "@halfshaft/ecu-firmware-sim";
import { type ImageToInstall, UdsInstaller } from "@halfshaft/edge-agent/installer";
import { type BitRates, VirtualBus } from "@halfshaft/vehicle-net/can";
import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import type { EcuProfile } from "@halfshaft/vehicle-net/ecu";
import { simulatedEcu, type SimulatedEcuOptions } from "./simulated-ecu.ts";

export interface OneEcuOptions extends BitRates {
  readonly profile: EcuProfile;
  readonly oldImage: Uint8Array;
  readonly newImage: Uint8Array;
  readonly segments?: SimulatedEcuOptions["segments"];
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
  const { profile, bitrate, dataBitrate } = options;
  const clock = new VirtualClock();
  const wire = new VirtualBus({ clock, bitrate, dataBitrate });
  const simulated = simulatedEcu({ ...options, clock, wire, serial: "RIG-1" });
  const installer = new UdsInstaller({ ecuId: "RIG-1", profile, bus: wire.attach("gateway"), clock });
  await clock.run(simulated.ecu.answering());
  return { clock, wire, installer, ...simulated };
}

/** A profile whose ECU needs no time of its own: what is left are the bus and the protocols. */
export function withoutProcessingTime(profile: EcuProfile): EcuProfile {
  return {
    ...profile,
    flash: { ...profile.flash, eraseMsPerSector: 0, programMsPerPage: 0 },
    boot: { ...profile.boot, startMs: 0 },
  };
}
