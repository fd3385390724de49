import { Type, type Static, type TSchema } from "typebox";
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
export const Tag = Type.String({ pattern: "^[A-Za-z0-9._-]{1,64}$", examples: ["winter-tyres"] });

const Text = Type.String({ minLength: 1, maxLength: 64 });
const Model = Type.String({ ...Text, examples: ["Roadster"] });
const Trim = Type.String({ ...Text, examples: ["Long range"] });
const Year = Type.Integer({ minimum: 1900, maximum: 2200, description: "Model year", examples: [2026] });
const Region = Type.String({ ...Text, examples: ["eu-north"] });
const Owner = Type.String({
  ...Text,
  description: "The organisation that runs the vehicle, where it is another one",
  examples: ["City Cars Oslo"],
});
const TimeZone = Type.String({
  pattern: "^[A-Za-z][A-Za-z0-9_+/-]{0,63}$",
  description: "IANA time zone in which the driver lives",
  examples: ["Europe/Oslo"],
});
const Groups = Type.Array(Group, { maxItems: 64 });
const Tags = Type.Array(Tag, { maxItems: 64 });
const Attributes = Type.Record(Type.String({ pattern: "^[A-Za-z0-9._-]{1,64}$" }), Text, {
  maxProperties: 64,
  description: "What the vehicle was built with, by name",
  examples: [{ battery: "77 kWh" }],
});

const EcuBody = Type.Object(
  {
    ecuId: EcuId,
    name: Type.String({ minLength: 1, maxLength: 64, examples: ["Engine control"] }),
    hardwareId: HardwareId,
  },
  closed,
);
export type EcuBody = Static<typeof EcuBody>;

const AllowUnknownHardware = Type.Boolean({
  description: "Take ECUs of hardware that is not registered yet; a gateway's is never asked for",
});

export const VehicleBody = Type.Object(
  {
    vehicleId: Type.Optional(VehicleId),
    vin: Type.Optional(Vin),
    model: Type.Optional(Model),
    trim: Type.Optional(Trim),
    year: Type.Optional(Year),
    region: Type.Optional(Region),
    owner: Type.Optional(Owner),
    timeZone: Type.Optional(TimeZone),
    groups: Type.Optional(Groups),
    tags: Type.Optional(Tags),
    attributes: Type.Optional(Attributes),
    gateway: Type.Optional(EcuBody),
    ecus: Type.Array(EcuBody, { maxItems: 255 }),
    allowUnknownHardware: Type.Optional(AllowUnknownHardware),
  },
  closed,
);
export type VehicleBody = Static<typeof VehicleBody>;

const orNull = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]));

/** What operators correct; lists and attributes are replaced as a whole, ECUs one by one. */
export const VehiclePatch = Type.Object(
  {
    vin: orNull(Vin),
    model: orNull(Model),
    trim: orNull(Trim),
    year: orNull(Year),
    region: orNull(Region),
    owner: orNull(Owner),
    timeZone: orNull(TimeZone),
    groups: Type.Optional(Groups),
    tags: Type.Optional(Tags),
    attributes: Type.Optional(Attributes),
    ecus: Type.Optional(
      Type.Array(
        Type.Object(
          {
            ecuId: EcuId,
            name: Type.Optional(EcuBody.properties.name),
            hardwareId: Type.Optional(HardwareId),
          },
          { ...closed, minProperties: 2 },
        ),
        { minItems: 1, maxItems: 255 },
      ),
    ),
    allowUnknownHardware: Type.Optional(AllowUnknownHardware),
  },
  { ...closed, minProperties: 1, examples: [{ region: "eu-south", trim: null, tags: ["winter-tyres"] }] },
);
export type VehiclePatch = Static<typeof VehiclePatch>;

const HELD = ["ecuReplaced", "ecuHardwareChanged", "ecuAdded", "ecuMissing", "replacementRejected"] as const;

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
    hardwareRevision: Type.Optional(Type.String({ examples: ["C2"] })),
  },
  closed,
);
export type VehicleEcu = Static<typeof VehicleEcu>;

export const Vehicle = Type.Object(
  {
    vehicleId: VehicleId,
    vin: Type.Optional(Vin),
    model: Type.Optional(Model),
    trim: Type.Optional(Trim),
    year: Type.Optional(Year),
    region: Type.Optional(Region),
    owner: Type.Optional(Owner),
    timeZone: Type.Optional(TimeZone),
    groups: Groups,
    tags: Tags,
    attributes: Attributes,
    ecus: Type.Array(VehicleEcu),
    presence: Type.Optional(Type.Union([Type.Literal("online"), Type.Literal("offline")])),
    lastSeenAt: Type.Optional(WallTime),
    manifestAt: Type.Optional(WallTime),
    heldReason: Type.Optional(
      Type.Enum(HELD, { description: "Why it gets no offers until someone has looked at it" }),
    ),
    heldAt: Type.Optional(WallTime),
    createdAt: WallTime,
    retiredAt: Type.Optional(WallTime),
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
