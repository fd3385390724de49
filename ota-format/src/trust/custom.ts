import { Type, type Static } from "typebox";
import { EcuId, HardwareId, Id, ReleaseCounter, Sha256, U32, Version } from "../scalars.ts";
import { Segment } from "../release.ts";

/** `custom` of a target in the Image repository: one image, signed offline. Uptane Standard 2.1.0, 5.2.3.1.1. */
export const ImageTargetCustom = Type.Object(
  {
    hardwareId: HardwareId,
    version: Version,
    releaseCounter: ReleaseCounter,
    segments: Type.Array(Segment, { minItems: 1, maxItems: 64 }),
    /** The signed descriptor for the ECU's own bootloader, base64. */
    descriptor: Type.String(),
  },
  { additionalProperties: false },
);
export type ImageTargetCustom = Static<typeof ImageTargetCustom>;

/** What one ECU is to get, within a Director target. */
export const EcuAssignment = Type.Object({ hardwareId: HardwareId }, { additionalProperties: false });

/**
 * `custom` of a target in a vehicle's Director repository. Targets are keyed by filename, so two ECUs that get
 * the same image share one target: `ecuIdentifiers` is a map.
 */
export const DirectorTargetCustom = Type.Object(
  {
    ecuIdentifiers: Type.Record(EcuId, EcuAssignment),
    releaseCounter: ReleaseCounter,
    releaseId: Id,
    jobId: Id,
  },
  { additionalProperties: false },
);
export type DirectorTargetCustom = Static<typeof DirectorTargetCustom>;

/**
 * Where a compressed image starts from: the empty file. It is the delta that needs no base, in either format, so that
 * whatever carries, applies and resumes deltas does so with compressed images.
 */
export const NO_BASE = {
  sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  length: 0,
} as const;

/** Delta formats that may travel as transport. */
export const DeltaFormat = Type.Union([Type.Literal("bsdiff40"), Type.Literal("detools")]);
export type DeltaFormat = Static<typeof DeltaFormat>;

/** `custom` of a target of the online delegation `transport`: a delta, never authority. */
export const TransportTargetCustom = Type.Object(
  {
    format: DeltaFormat,
    base: Type.Object({ sha256: Sha256, length: U32 }, { additionalProperties: false }),
    result: Type.Object({ sha256: Sha256, length: U32 }, { additionalProperties: false }),
  },
  { additionalProperties: false },
);
export type TransportTargetCustom = Static<typeof TransportTargetCustom>;

/** Role of the online delegation of the Image repository, and the paths it may sign. */
export const TRANSPORT_ROLE = "transport";
export const TRANSPORT_PATHS = "transport/*";

/** File name of a full image in both repositories: `images/NRF51-ENGINE_2.0.0.bin`. */
export const imageTargetName = (hardwareId: string, version: string): string =>
  `images/${hardwareId}_${version}.bin`;

/** File name of a delta in the Image repository. */
export const transportTargetName = (baseSha256: string, resultSha256: string, format: DeltaFormat): string =>
  `transport/${baseSha256}-${resultSha256}.${format}`;
