import { Type, type Static } from "typebox";
import { ConsentPolicy, SafetyPolicy } from "./policy.ts";
import { EcuId, HardwareId, Id, TraceParent, Version, WallTime } from "./scalars.ts";

/** An ECU that the offer touches: for people; what is installed comes from signed metadata alone. */
export const OfferedEcu = Type.Object(
  { ecuId: EcuId, name: Type.String(), hardwareId: HardwareId, version: Version },
  { additionalProperties: false },
);
export type OfferedEcu = Static<typeof OfferedEcu>;

/** What this vehicle may get: one job of one campaign. `GET /api/v1/device/offer` answers it, or null. */
export const Offer = Type.Object(
  {
    jobId: Id,
    attempt: Type.Integer({ minimum: 1 }),
    campaignId: Id,
    phaseId: Id,
    release: Type.Object(
      { releaseId: Id, name: Type.String(), headline: Type.String(), notes: Type.String() },
      { additionalProperties: false },
    ),
    ecus: Type.Array(OfferedEcu, { minItems: 1, maxItems: 64 }),
    consent: ConsentPolicy,
    safetyPolicy: SafetyPolicy,
    /** What the vehicle takes at most, bytes per second; its own limit may be lower. */
    downloadBytesPerSecond: Type.Optional(Type.Integer({ minimum: 1024 })),
    offeredAt: WallTime,
    expiresAt: WallTime,
    traceparent: Type.Optional(TraceParent),
  },
  { additionalProperties: false, $id: "Offer" },
);
export type Offer = Static<typeof Offer>;
