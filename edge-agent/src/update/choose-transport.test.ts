import type { Transport } from "@halfshaft/ota-format";
import { NO_BASE } from "@halfshaft/ota-format/trust";
import { expect, test } from "vitest";
import { testEcuPlan } from "../journal/testing.ts";
import {
  busBytesOf,
  chooseTransport,
  type DeltaPreference,
  estimateOf,
  fileOf,
  type OpenWays,
  transportOf,
  transportRates,
} from "./choose-transport.ts";
import type { DeltaFile, SignedFile } from "./plan-types.ts";

const file = (path: string, length: number): SignedFile => ({ path, length, hashes: { sha256: path } });
const image = file("image", 60_000);
const gateway: DeltaFile = { ...file("gateway", 10_000), format: "bsdiff40", baseSha256: "base" };
const ecu: DeltaFile = { ...file("ecu", 9_000), format: "detools", baseSha256: "base" };
const packed: DeltaFile = { ...file("packed", 25_000), format: "bsdiff40", baseSha256: NO_BASE.sha256 };
const packedForEcu: DeltaFile = {
  ...file("packedForEcu", 24_000),
  format: "detools",
  baseSha256: NO_BASE.sha256,
};
const compressed = { compressedGateway: packed, compressedEcu: packedForEcu };
const nothing = (): boolean => false;
/** 10 kB/s over the air, 100 kB/s on the gateway, 30 kB/s on the bus. */
const rates = { download: 10_000, patch: 100_000, bus: 30_000 };
const freeBus = { ...rates, bus: 100_000_000 };

const cases: readonly (readonly [
  string,
  Partial<OpenWays>,
  typeof rates,
  DeltaPreference,
  readonly string[],
])[] = [
  ["all ways open", { gateway, ecu }, rates, "auto", ["ecu", "gateway", "full"]],
  ["an ECU that takes no delta", { gateway }, rates, "auto", ["gateway", "full"]],
  ["a base that the gateway does not have", { ecu }, rates, "auto", ["ecu", "full"]],
  ["no delta", {}, rates, "auto", ["full"]],
  [
    "the image in the gateway already",
    { gateway, ecu, has: (f) => f === image },
    rates,
    "auto",
    ["ecu", "full"],
  ],
  ["that, and a free bus", { ecu, has: (f) => f === image }, freeBus, "auto", ["full", "ecu"]],
  ["a delta of almost the image's size", { ecu: { ...ecu, length: 59_999 } }, rates, "auto", ["ecu", "full"]],
  ["the wish for gateway deltas", { gateway, ecu }, rates, "gateway", ["gateway", "ecu", "full"]],
  ["that wish without one", { ecu }, rates, "gateway", ["full", "ecu"]],
  ["the wish for ECU deltas", { gateway, ecu }, freeBus, "ecu", ["ecu", "gateway", "full"]],
  ["that wish where the ECU takes none", { gateway }, rates, "ecu", ["gateway", "full"]],
  ["the wish for full images", { gateway, ecu }, rates, "full", ["full", "ecu", "gateway"]],
  [
    "no base, and the image compressed",
    compressed,
    rates,
    "auto",
    ["compressedEcu", "compressedGateway", "full"],
  ],
  [
    "an ECU that takes no patch, and the image compressed",
    { compressedGateway: packed },
    rates,
    "auto",
    ["compressedGateway", "full"],
  ],
  [
    "a delta for the gateway and the image compressed for the ECU",
    { gateway, ...compressed },
    rates,
    "auto",
    ["compressedEcu", "gateway", "compressedGateway", "full"],
  ],
  [
    "the image in the gateway, and compressed",
    { ...compressed, has: (f) => f === image },
    rates,
    "auto",
    ["full", "compressedEcu"],
  ],
  [
    "the wish for compressed images",
    { gateway, ecu, ...compressed },
    rates,
    "compressed",
    ["compressedEcu", "ecu", "gateway", "compressedGateway", "full"],
  ],
  ["that wish without one", { ecu }, rates, "compressed", ["full", "ecu"]],
];

test.each(cases)("U5 with %s", (_name, ways, at, preference, expected) => {
  const { delta, estimates } = chooseTransport({ image, has: nothing, ...ways }, at, preference);
  expect(estimates.map(({ transport }) => transport)).toEqual(expected);
  const chosen = expected[0] as Transport;
  expect(delta).toBe(chosen === "full" ? undefined : ways[chosen]);
});

test("U5 an estimate is download, patching on the gateway, and bus", () => {
  const { estimates } = chooseTransport({ image, gateway, ecu, has: nothing }, rates, "auto");
  expect(estimates).toEqual([
    { transport: "ecu", downloadBytes: 9_000, busBytes: 9_000, estimateMs: 900 + 300 },
    { transport: "gateway", downloadBytes: 10_000, busBytes: 60_000, estimateMs: 1000 + 600 + 2000 },
    { transport: "full", downloadBytes: 60_000, busBytes: 60_000, estimateMs: 6000 + 2000 },
  ]);
});

test("U5 what the gateway has already is not downloaded again", () => {
  const has = (f: SignedFile): boolean => f === ecu;
  const { estimates } = chooseTransport({ image, ecu, has }, rates, "auto");
  expect(estimates[0]).toEqual({ transport: "ecu", downloadBytes: 0, busBytes: 9_000, estimateMs: 300 });
});

test.each([
  [0, 200_000],
  [50_000, 50_000],
  [900_000, 200_000],
])("E4 a download limit of %d bytes per second gives a rate of %d", (limit, rate) => {
  expect(transportRates(28_000, limit).download).toBe(rate);
});

const { estimates } = chooseTransport({ image, gateway, ecu, ...compressed, has: nothing }, rates, "auto");
const none = new Set<string>();

test.each([
  ["ecu", ecu, none, 9_000],
  ["gateway", gateway, none, 60_000],
  ["full", undefined, none, 60_000],
  ["full", ecu, new Set(["E1"]), 60_000],
  ["compressedEcu", packedForEcu, none, 24_000],
  ["compressedGateway", packed, none, 60_000],
  ["full", packedForEcu, new Set(["E1"]), 60_000],
] as const)(
  "E5 the way %s, its file and its bytes on the bus follow from plan and facts",
  (way, delta, without, bytes) => {
    const planned = testEcuPlan("E1", { image, delta, estimates });
    expect(transportOf(planned, without)).toBe(way);
    expect(fileOf(planned, without)).toBe(way === "full" ? image : delta);
    expect(busBytesOf(planned, without)).toBe(bytes);
    expect(estimateOf(planned, without)?.transport).toBe(way);
  },
);
