import { createHash } from "node:crypto";
import { compressLzma } from "@halfshaft/cloud-lite";
import type { ImageToInstall } from "@halfshaft/edge-agent/installer";
import { createDetools, type ImagePair, inlineDeltaEngine } from "@halfshaft/ota-format/delta";
import type { EcuProfile } from "@halfshaft/vehicle-net/ecu";
import { oneEcuRig, type OneEcuRig } from "../../rig/one-ecu.ts";
import { BusTraffic } from "./bus-traffic.ts";

const BITRATE = 500_000;

/** An ECU with the old image, its new one as an ECU delta, and a count of what crosses the bus. */
export interface DeltaRig extends OneEcuRig {
  readonly traffic: BusTraffic;
  readonly deltaImage: ImageToInstall;
}

export function patchFor({ base, result }: ImagePair): Promise<Uint8Array> {
  return createDetools(base, result, { engine: inlineDeltaEngine(), compress: compressLzma });
}

/** Virtual time, 500 kbit/s. */
export async function deltaRig(pair: ImagePair, patch: Uint8Array, profile: EcuProfile): Promise<DeltaRig> {
  const rig = await oneEcuRig({ profile, oldImage: pair.base, newImage: pair.result, bitrate: BITRATE });
  const traffic = new BusTraffic(profile.addressing);
  rig.wire.onFrame((frame) => traffic.show(frame));
  const delta = {
    format: "detools",
    source: {
      length: patch.length,
      read: (offset: number, length: number) => patch.subarray(offset, offset + length),
    },
    sha256: createHash("sha256").update(patch).digest("hex"),
    baseSha256: rig.oldSha256,
  } as const;
  return { ...rig, traffic, deltaImage: { ...rig.image, delta } };
}
