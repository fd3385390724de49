import { VirtualBus } from "@halfshaft/vehicle-net/can";
import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import { clientTiming, gatewayChannel, profileNamed } from "@halfshaft/vehicle-net/ecu";
import { openIsoTpChannel } from "@halfshaft/vehicle-net/isotp";
import { UdsClient } from "@halfshaft/vehicle-net/uds";
import { expect, test } from "vitest";
import { deltaTransfer } from "./delta-transfer.ts";
import type { ImageToInstall } from "./installer.ts";

const source = { length: 100, read: () => new Uint8Array(0) };
const patch = { offset: 0, length: 100, sha256: "d1".repeat(32) };
const delta = { format: "detools", source, patches: [patch], baseSha256: "b0".repeat(32) } as const;
const segment = { address: 0x7000_0000, length: 60 };
const twoSegments = [segment, { ...segment, address: 0x7001_0000 }];
const image: ImageToInstall = {
  source,
  sha256: "a1".repeat(32),
  segments: [segment],
  signedDescriptor: new Uint8Array(1),
  delta,
};
const adas = profileNamed("adas");
const rawOnly = { ...adas, transfer: { ...adas.transfer, dataFormats: { raw: 0 } } };

test.each([
  ["an image of one segment with its delta", image, adas, true],
  ["an image without a delta", { ...image, delta: undefined }, adas, false],
  [
    "an image of two segments with two patches",
    { ...image, segments: twoSegments, delta: { ...delta, patches: [patch, patch] } },
    adas,
    true,
  ],
  ["an image of two segments with one patch", { ...image, segments: twoSegments }, adas, false],
  ["an ECU that knows no patches", image, rawOnly, false],
])("E5 %s goes as a delta: %#", (_what, image, profile, expected) => {
  const clock = new VirtualClock();
  const bus = new VirtualBus({ clock, bitrate: 500_000 }).attach("gateway");
  const transport = openIsoTpChannel(bus, clock, gatewayChannel(profile));
  const client = new UdsClient({ transport, clock, timing: clientTiming(profile) });
  expect(deltaTransfer(client, profile, image, {}) !== undefined).toBe(expected);
});
