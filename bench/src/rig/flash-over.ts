import { UdsInstaller } from "@halfshaft/edge-agent/installer";
import type { CanBus } from "@halfshaft/vehicle-net/can";
import { realClock } from "@halfshaft/vehicle-net/clock";
import { type EcuProfile, profileNamed } from "@halfshaft/vehicle-net/ecu";
import { BenchError } from "../bench-error.ts";
import { randomSource } from "@halfshaft/ota-format/delta";
import { withoutProcessingTime } from "./one-ecu.ts";
import { simulatedEcu } from "./simulated-ecu.ts";

/** The engine's control unit with more memory than it has. */
function enlarged(bytes: number): EcuProfile {
  const engine = withoutProcessingTime(profileNamed("engine"));
  return { ...engine, memory: [{ name: "application", address: 0, length: bytes, flashed: true }] };
}

/**
 * Flashes `bytes` of random software into a simulated ECU between two nodes of a real bus, in real time.
 * @throws {BenchError} `UNEXPECTED_RESULT` where the inactive bank does not hold the image at the end
 */
export async function flashOver(gateway: CanBus, ecuNode: CanBus, bytes: number): Promise<void> {
  const profile = enlarged(bytes);
  const random = randomSource(1);
  const newImage = Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256));
  const wire = { attach: () => ecuNode };
  const oldImage = new Uint8Array(4096);
  const { ecu, image } = simulatedEcu({
    clock: realClock,
    wire,
    profile,
    serial: "RIG-1",
    oldImage,
    newImage,
  });
  const installer = new UdsInstaller({ ecuId: "RIG-1", profile, bus: gateway, clock: realClock });
  try {
    await ecu.answering();
    await installer.install(image);
    const found = ecu.state().imageSha256Of("B");
    if (found !== image.sha256) {
      throw new BenchError("UNEXPECTED_RESULT", `bank B holds ${found ?? "no image"}, not ${image.sha256}`);
    }
  } finally {
    await installer.close();
    ecu.close();
  }
}
