import { type ImageToInstall, SharedBus, UdsInstaller } from "@halfshaft/edge-agent/installer";
import { VirtualBus } from "@halfshaft/vehicle-net/can";
import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import { type EcuProfile, profileNamed } from "@halfshaft/vehicle-net/ecu";
import { BenchError } from "../../bench-error.ts";
import { withoutProcessingTime } from "../../rig/one-ecu.ts";
import { type SimulatedEcu, simulatedEcu } from "../../rig/simulated-ecu.ts";
import { checkInactiveBank, engineFirmware } from "./images.ts";
import { streamOf } from "./one-ecu.ts";
import { type BusResult, type NamedBus, ratesOf } from "./result.ts";
import { TransferWindow } from "./transfer-window.ts";

const ECUS = 4;
const IMAGE_BYTES = 256 * 1024;
const PAGE = { pageBytes: 4096, programMsPerPage: 15 };

/** Identifiers of the ECUs: answers below all requests, or the usual 7E0–7E3 with answers on 7E8–7EB. */
const ADDRESSES = {
  lower: { requestId: 0x708, responseId: 0x700 },
  higher: { requestId: 0x7e0, responseId: 0x7e8 },
} as const;

/**
 * Flashes four ECUs side by side, and then one after another, on a virtual bus in virtual time: equal images of 256 KB
 * into flash that takes 15 ms for a page of 4 KB. Measured from the first 36 to the last answer to 37.
 * @throws {BenchError} `UNEXPECTED_RESULT` where a bank does not hold its image, or something was repeated or timed out.
 */
export async function measureSideBySide(bus: NamedBus, answers: keyof typeof ADDRESSES): Promise<BusResult> {
  const profiles = Array.from({ length: ECUS }, (_, index) => ecuProfile(index, ADDRESSES[answers]));
  const newImage = await engineFirmware("new", IMAGE_BYTES);
  const seconds = await secondsOf(bus, profiles, newImage, async (installs) => {
    await Promise.all(installs.map((install) => install()));
  });
  const sequentialSeconds = await secondsOf(bus, profiles, newImage, async (installs) => {
    for (const install of installs) await install();
  });
  const images = profiles.map((profile) => ({ bytes: newImage, format: streamOf(profile) }));
  return { mode: "virtual", answers, ...ratesOf(bus, images, seconds), sequentialSeconds };
}

function ecuProfile(
  index: number,
  { requestId, responseId }: (typeof ADDRESSES)["lower" | "higher"],
): EcuProfile {
  const profile = withoutProcessingTime(profileNamed("engine"));
  const { addressing, flash } = profile;
  return {
    ...profile,
    addressing: { ...addressing, requestId: requestId + index, responseId: responseId + index },
    flash: { ...flash, ...PAGE },
  };
}

type Install = () => Promise<void>;

async function secondsOf(
  { rates }: NamedBus,
  profiles: readonly EcuProfile[],
  newImage: Uint8Array,
  run: (installs: readonly Install[]) => Promise<void>,
): Promise<number> {
  const clock = new VirtualClock();
  const wire = new VirtualBus({ clock, ...rates });
  const oldImage = await engineFirmware("old");
  const ecus = profiles.map((profile, index) =>
    simulatedEcu({ clock, wire, profile, serial: `RIG-${index + 1}`, oldImage, newImage }),
  );
  await clock.run(Promise.all(ecus.map(({ ecu }) => ecu.answering())));
  const gateway = new SharedBus(wire.attach("gateway"), clock);
  const window = new TransferWindow(profiles, rates);
  wire.onFrame((frame, atMs) => window.show(frame, atMs));
  const installs = ecus.map(
    (ecu, index) => () => installOne({ gateway, clock, profile: profiles[index]!, ...ecu }),
  );
  await clock.run(run(installs));
  for (const { ecu, image } of ecus) {
    checkInactiveBank(ecu, image.sha256);
    ecu.close();
  }
  return (window.exitMs - window.transferMs) / 1000;
}

async function installOne({
  gateway,
  clock,
  profile,
  image,
}: { gateway: SharedBus; clock: VirtualClock; profile: EcuProfile } & Pick<SimulatedEcu, "image"> & {
    image: ImageToInstall;
  }): Promise<void> {
  const { requestId } = profile.addressing;
  const failures: string[] = [];
  const installer = new UdsInstaller({
    ecuId: `ECU ${requestId.toString(16)}`,
    profile,
    bus: gateway,
    clock,
    onEvent: (event) => {
      if (event.kind === "failed") failures.push(event.error.message);
    },
  });
  const leave = gateway.join(profile.addressing);
  try {
    await installer.install(image);
  } finally {
    leave();
    await installer.close();
  }
  if (failures.length > 0) {
    throw new BenchError(
      "UNEXPECTED_RESULT",
      `${installer.ecuId} had ${failures.length} failures: ${failures[0]}`,
    );
  }
}
