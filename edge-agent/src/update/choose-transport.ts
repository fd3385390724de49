import { type Transport, type TransportEstimate, TRANSPORTS } from "@halfshaft/ota-format";
import { NO_BASE } from "@halfshaft/ota-format/trust";
import type { DeltaFile, EcuPlan, SignedFile } from "./plan-types.ts";

/** `auto` takes the cheapest way; any other word the way of its name, where it is open. */
export const DELTA_PREFERENCES = ["auto", "gateway", "ecu", "compressed", "full"] as const;
export type DeltaPreference = (typeof DELTA_PREFERENCES)[number];

/** What estimates are made of, bytes per second. */
export interface TransportRates {
  readonly download: number;
  /** Of the result, on the gateway. */
  readonly patch: number;
  readonly bus: number;
}

/** A modest mobile connection, before anything is known of this vehicle's. */
const DOWNLOAD_BYTES_PER_SECOND = 200_000;
const PATCH_BYTES_PER_SECOND = 500_000;

/** @param downloadLimit what downloads may take at most; 0: all */
export const transportRates = (bus: number, downloadLimit = 0): TransportRates => ({
  download: Math.min(DOWNLOAD_BYTES_PER_SECOND, downloadLimit || Infinity),
  patch: PATCH_BYTES_PER_SECOND,
  bus,
});

type DeltaWay = Exclude<Transport, "full">;

/** What travels in place of the full image, way by way: deltas whose base is where they are applied, compressed images. */
export type DeltaWays = Readonly<Partial<Record<DeltaWay, DeltaFile>>>;

/** The ways that are open to one image; the full image always is. */
export interface OpenWays extends DeltaWays {
  readonly image: SignedFile;
  /** Whether the gateway has a file already. */
  readonly has: (file: SignedFile) => boolean;
}

export interface TransportChoice {
  /** Left out: the full image. */
  readonly delta?: DeltaFile;
  /** Of every open way, the chosen one first. */
  readonly estimates: readonly TransportEstimate[];
}

/** Where the wanted way is not open, the next one: an ECU that takes no delta still gets fewer bytes over the air. */
const WISHES: Readonly<Record<Exclude<DeltaPreference, "auto">, readonly Transport[]>> = {
  ecu: ["ecu", "gateway", "full"],
  compressed: ["compressedEcu", "compressedGateway", "full"],
  gateway: ["gateway", "full"],
  full: ["full"],
};

/**
 * Chooses how an image gets into its ECU: the way that takes the shortest time from the cloud into the bank, by
 * estimate. What the ECU needs to erase and program is the same for all ways and stays out. Pure.
 */
export function chooseTransport(
  ways: OpenWays,
  rates: TransportRates,
  preference: DeltaPreference,
): TransportChoice {
  const estimates = openTransports(ways)
    .map((transport) => estimate(transport, ways, rates))
    .toSorted((a, b) => a.estimateMs - b.estimateMs || a.busBytes - b.busBytes);
  const wish = preference === "auto" ? [] : WISHES[preference];
  const wished = wish.flatMap((transport) => estimates.filter((way) => way.transport === transport))[0];
  const chosen = wished ?? estimates[0]!;
  return {
    ...(chosen.transport === "full" ? {} : { delta: ways[chosen.transport] }),
    estimates: [chosen, ...estimates.filter((way) => way !== chosen)],
  };
}

/** With the full image at hand there is nothing to patch on the gateway. */
const openTransports = (ways: OpenWays): Transport[] =>
  TRANSPORTS.filter((way) => {
    if (way === "full") return true;
    return ways[way] !== undefined && (crossesBus(way) || !ways.has(ways.image));
  });

/** Whether the patch itself crosses the bus, for the ECU to apply; else it becomes the image in the gateway. */
const crossesBus = (way: Transport): boolean => way === "ecu" || way === "compressedEcu";

/** Whether the gateway makes the image from what it downloads. */
export const isPatchedHere = (way: Transport): boolean => way === "gateway" || way === "compressedGateway";

function estimate(transport: Transport, ways: OpenWays, rates: TransportRates): TransportEstimate {
  const file = (transport === "full" ? undefined : ways[transport]) ?? ways.image;
  const downloadBytes = ways.has(file) ? 0 : file.length;
  const busBytes = crossesBus(transport) ? file.length : ways.image.length;
  const patchBytes = isPatchedHere(transport) ? ways.image.length : 0;
  const seconds = downloadBytes / rates.download + patchBytes / rates.patch + busBytes / rates.bus;
  return { transport, downloadBytes, busBytes, estimateMs: Math.round(seconds * 1000) };
}

/** How an ECU's image travels now: as it was chosen, or in full where its delta was of no use. */
export function transportOf(ecu: EcuPlan, withoutDelta: ReadonlySet<string>): Transport {
  if (ecu.delta === undefined || withoutDelta.has(ecu.ecuId)) return "full";
  const isForEcu = ecu.delta.format === "detools";
  if (ecu.delta.baseSha256 === NO_BASE.sha256) return isForEcu ? "compressedEcu" : "compressedGateway";
  return isForEcu ? "ecu" : "gateway";
}

/** The delta or compressed image that goes to the ECU as it is. */
export const deltaForEcu = (ecu: EcuPlan, withoutDelta: ReadonlySet<string>): DeltaFile | undefined =>
  crossesBus(transportOf(ecu, withoutDelta)) ? ecu.delta : undefined;

/** The file that crosses the air for an ECU. */
export const fileOf = (ecu: EcuPlan, withoutDelta: ReadonlySet<string>): SignedFile =>
  transportOf(ecu, withoutDelta) === "full" ? ecu.image : ecu.delta!;

/** How many bytes of image or patch cross the bus for an ECU. */
export const busBytesOf = (ecu: EcuPlan, withoutDelta: ReadonlySet<string>): number =>
  (deltaForEcu(ecu, withoutDelta) ?? ecu.image).length;

/** What that way was estimated to cost when the plan was made. */
export function estimateOf(ecu: EcuPlan, withoutDelta: ReadonlySet<string>): TransportEstimate | undefined {
  const transport = transportOf(ecu, withoutDelta);
  return ecu.estimates.find((way) => way.transport === transport);
}
