import { Type, type Static } from "typebox";
import { EcuId, HardwareId, ReleaseCounter, Sha256, Version, WallTime } from "./scalars.ts";

export const Bank = Type.Union([Type.Literal("A"), Type.Literal("B")]);
export type Bank = Static<typeof Bank>;

/** `unknown` is not bad: the ECU could not be asked. */
export const BootState = Type.Union([
  Type.Literal("committed"),
  Type.Literal("trial"),
  Type.Literal("fellBack"),
  Type.Literal("unknown"),
]);
export type BootState = Static<typeof BootState>;

/** What one ECU says of itself. Fields it could not be asked for are absent. */
export const EcuReport = Type.Object(
  {
    ecuId: EcuId,
    name: Type.String({ maxLength: 64 }),
    hardwareId: HardwareId,
    version: Type.Optional(Version),
    imageSha256: Type.Optional(Sha256),
    releaseCounter: Type.Optional(ReleaseCounter),
    activeBank: Type.Optional(Bank),
    bootState: BootState,
  },
  { additionalProperties: false, $id: "EcuReport" },
);
export type EcuReport = Static<typeof EcuReport>;

/** What the vehicle reports about itself (Uptane: vehicle version manifest). `PUT /api/v1/device/version-manifest`. */
export const VersionManifest = Type.Object(
  { at: WallTime, clockTrusted: Type.Boolean(), ecus: Type.Array(EcuReport, { maxItems: 256 }) },
  { additionalProperties: false, $id: "VersionManifest" },
);
export type VersionManifest = Static<typeof VersionManifest>;
