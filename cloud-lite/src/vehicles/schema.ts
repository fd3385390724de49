import { Type, type Static } from "typebox";
import {
  BootState,
  Bank,
  EcuId,
  Event,
  HardwareId,
  Id,
  ReleaseCounter,
  Sha256,
  Version,
  WallTime,
} from "@halfshaft/ota-format";

const closed = { additionalProperties: false } as const;

/** Opaque; also the user name at the broker and a part of paths and topics. */
export const VehicleId = Type.String({ pattern: "^[A-Za-z0-9._-]{1,64}$", examples: ["demo-car-1"] });
export const Vin = Type.String({ minLength: 1, maxLength: 32, examples: ["1M8GDM9AXKP042788"] });
export const Group = Type.String({ pattern: "^[A-Za-z0-9._-]{1,64}$", examples: ["test-fleet"] });

const EcuBody = Type.Object(
  {
    ecuId: EcuId,
    name: Type.String({ minLength: 1, maxLength: 64, examples: ["Engine control"] }),
    hardwareId: HardwareId,
  },
  closed,
);
export type EcuBody = Static<typeof EcuBody>;

export const VehicleBody = Type.Object(
  {
    vehicleId: Type.Optional(VehicleId),
    vin: Type.Optional(Vin),
    model: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    year: Type.Optional(Type.Integer({ minimum: 1900, maximum: 2200 })),
    region: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    groups: Type.Optional(Type.Array(Group, { maxItems: 64 })),
    gateway: Type.Optional(EcuBody),
    ecus: Type.Array(EcuBody, { maxItems: 255 }),
  },
  closed,
);
export type VehicleBody = Static<typeof VehicleBody>;

/** As built, and what the ECU last reported of itself. */
export const VehicleEcu = Type.Object(
  {
    ...EcuBody.properties,
    kind: Type.Union([Type.Literal("uds"), Type.Literal("gateway")]),
    version: Type.Optional(Version),
    imageSha256: Type.Optional(Sha256),
    releaseCounter: Type.Optional(ReleaseCounter),
    activeBank: Type.Optional(Bank),
    bootState: Type.Optional(BootState),
    reportedAt: Type.Optional(WallTime),
  },
  closed,
);
export type VehicleEcu = Static<typeof VehicleEcu>;

export const Vehicle = Type.Object(
  {
    vehicleId: VehicleId,
    vin: Type.Optional(Vin),
    model: Type.Optional(Type.String()),
    year: Type.Optional(Type.Integer()),
    region: Type.Optional(Type.String()),
    groups: Type.Array(Group),
    ecus: Type.Array(VehicleEcu),
    presence: Type.Optional(Type.Union([Type.Literal("online"), Type.Literal("offline")])),
    lastSeenAt: Type.Optional(WallTime),
    manifestAt: Type.Optional(WallTime),
    createdAt: WallTime,
  },
  { ...closed, $id: "Vehicle" },
);
export type Vehicle = Static<typeof Vehicle>;

export const DeviceToken = Type.Object(
  {
    credentialId: Id,
    vehicleId: VehicleId,
    token: Type.String({ description: "Shown once; only its digest is kept" }),
  },
  { ...closed, $id: "DeviceToken" },
);

/** An event with the time at which it arrived. */
export const StoredEvent = Type.Object(
  { receivedAt: WallTime, event: Event },
  { ...closed, $id: "StoredEvent" },
);
