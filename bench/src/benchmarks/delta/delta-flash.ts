import { profileNamed } from "@halfshaft/vehicle-net/ecu";
import { BenchError } from "../../bench-error.ts";
import { deltaRig, patchFor } from "./delta-rig.ts";
import type { NamedPair } from "./pairs.ts";
import { rounded } from "./statistics.ts";

/** What one installation puts on the bus. */
export interface FlashCost {
  /** All UDS messages, both ways. */
  readonly udsBytes: number;
  /** Data bytes of all frames, both ways. */
  readonly frameBytes: number;
  /** Virtual time. */
  readonly seconds: number;
}

/** The same update as a full image and as an ECU delta. */
export interface FlashComparison {
  readonly pair: string;
  readonly newBytes: number;
  readonly patchBytes: number;
  readonly full: FlashCost;
  readonly delta: FlashCost;
  /** UDS bytes of the delta to those of the full image. */
  readonly ratio: number;
}

/** Flashes the ECU of a firmware pair both ways. @throws {BenchError} `UNEXPECTED_RESULT` */
export async function compareFlash({ name, load }: NamedPair): Promise<FlashComparison> {
  const pair = await load();
  const patch = await patchFor(pair);
  const cost = async (kind: "raw" | "detools"): Promise<FlashCost> => {
    const rig = await deltaRig(pair, patch, profileNamed(name));
    const { clock, installer, traffic, image, deltaImage, ecu } = rig;
    const startMs = clock.now();
    const result = await clock.run(installer.install(kind === "raw" ? image : deltaImage));
    const seconds = rounded((clock.now() - startMs) / 1000, 3);
    if (result.kind !== kind || ecu.state().imageSha256Of("B") !== image.sha256) {
      throw new BenchError("UNEXPECTED_RESULT", `${name} was not updated by ${kind} but by ${result.kind}`);
    }
    await clock.run(installer.close());
    ecu.close();
    return { udsBytes: traffic.udsBytes, frameBytes: traffic.frameBytes, seconds };
  };
  const full = await cost("raw");
  const delta = await cost("detools");
  const ratio = rounded(delta.udsBytes / full.udsBytes, 4);
  return { pair: name, newBytes: pair.result.length, patchBytes: patch.length, full, delta, ratio };
}
