import { createHash } from "node:crypto";
import { compressLzma } from "@halfshaft/cloud-lite";
import type { ImageToInstall } from "@halfshaft/edge-agent/installer";
import {
  createDetools,
  type ImagePair,
  inlineDeltaEngine,
  isSegmentPatches,
  readSegmentPatches,
} from "@halfshaft/ota-format/delta";
import type { EcuProfile } from "@halfshaft/vehicle-net/ecu";
import { type OneEcuOptions, oneEcuRig, type OneEcuRig } from "../../rig/one-ecu.ts";
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

/** Virtual time, 500 kbit/s. Where there are segments, the patch is that of an image of several. */
export async function deltaRig(
  pair: ImagePair,
  patch: Uint8Array,
  profile: EcuProfile,
  segments?: OneEcuOptions["segments"],
): Promise<DeltaRig> {
  const { base: oldImage, result: newImage } = pair;
  const rig = await oneEcuRig({ profile, oldImage, newImage, segments, bitrate: BITRATE });
  const traffic = new BusTraffic(profile.addressing);
  rig.wire.onFrame((frame) => traffic.show(frame));
  const delta = {
    format: "detools",
    source: {
      length: patch.length,
      read: (offset: number, length: number) => patch.subarray(offset, offset + length),
    },
    patches: isSegmentPatches(patch) ? readSegmentPatches(patch, patch.length) : [onePatch(patch)],
    baseSha256: rig.oldSha256,
  } as const;
  return { ...rig, traffic, deltaImage: { ...rig.image, delta } };
}

const onePatch = (patch: Uint8Array) => ({
  offset: 0,
  length: patch.length,
  sha256: createHash("sha256").update(patch).digest("hex"),
});
