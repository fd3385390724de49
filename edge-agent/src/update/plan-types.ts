import type { Segment, TransportEstimate } from "@halfshaft/ota-format";
import type { DeltaFormat } from "@halfshaft/ota-format/trust";

/** A file of the Image repository as signed metadata describe it. */
export interface SignedFile {
  /** Target name: `images/NRF51-ENGINE_2.0.0.bin`. */
  readonly path: string;
  readonly length: number;
  /** Every digest that was signed, hex by algorithm; sha256 is always among them. */
  readonly hashes: Readonly<Record<string, string>>;
}

/** A delta from what the ECU runs, or from nothing, to what it is to run: transport, never authority. */
export interface DeltaFile extends SignedFile {
  /** Who applies it: `bsdiff40` the gateway, `detools` the ECU. */
  readonly format: DeltaFormat;
  /** Of the empty file for a compressed image, which needs no base. */
  readonly baseSha256: string;
}

/** What one ECU gets. Everything here stands in signed metadata or was read from the ECU itself. */
export interface EcuPlan {
  readonly ecuId: string;
  /** For people: "Engine control". */
  readonly name: string;
  readonly hardwareId: string;
  readonly fromVersion?: string;
  readonly version: string;
  readonly releaseCounter: number;
  /** The authoritative full image. */
  readonly image: SignedFile;
  readonly segments: readonly Segment[];
  /** Signed descriptor for the ECU's bootloader, base64. */
  readonly descriptor: string;
  /** Chosen to travel in place of the full image. */
  readonly delta?: DeltaFile;
  /** What each way that was open would have cost, the chosen one first. */
  readonly estimates: readonly TransportEstimate[];
}

/** What a job does, decided once from trusted metadata and the ECUs' own words. */
export interface Plan {
  readonly releaseId: string;
  /** ECUs that do not run their image yet. */
  readonly ecus: readonly EcuPlan[];
  /** When the metadata behind the plan expire, UTC ms: no consent outlives them. */
  readonly validUntil: number;
}

export const imageSha256 = (ecu: EcuPlan): string => ecu.image.hashes["sha256"] ?? "";
