import { Type, type Static } from "typebox";
import { EcuId, HardwareId, Version, WallTime } from "./scalars.ts";

const closed = { additionalProperties: false } as const;

const Key = Type.String({ pattern: "^[A-Za-z0-9._-]{1,64}$", examples: ["charging.limit"] });

/** Settings by name; a value is any JSON. Whoever sends them keeps them within `MAX_STATE_BYTES`. */
export const Configuration = Type.Record(Key, Type.Unknown(), {
  additionalProperties: false,
  maxProperties: 256,
  examples: [{ "charging.limit": 80 }],
});
export type Configuration = Static<typeof Configuration>;

/** Largest desired or reported state of one vehicle, as JSON. */
export const MAX_STATE_BYTES = 64 * 1024;

/** Names one desired state of one vehicle: equal where everything in it is equal. */
const Revision = Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$", examples: ["47DEQpj8HBSa-_TImW-5JC"] });

/** What a vehicle should have, all groups taken together. `GET /api/v1/device/desired-state`. */
export const DesiredState = Type.Object(
  {
    revision: Revision,
    configuration: Configuration,
    ecus: Type.Array(
      Type.Object(
        {
          ecuId: EcuId,
          hardwareId: HardwareId,
          /** What it should run. It is told, never installed from here: software comes by an offer. */
          version: Type.Optional(Version),
          configuration: Configuration,
        },
        closed,
      ),
      { maxItems: 256 },
    ),
  },
  { ...closed, $id: "DesiredState" },
);
export type DesiredState = Static<typeof DesiredState>;

/** A setting that the vehicle does not take, and why. */
const RefusedSetting = Type.Object(
  {
    /** Absent: of the vehicle. */
    ecuId: Type.Optional(EcuId),
    key: Key,
    reason: Type.String({ minLength: 1, maxLength: 200, examples: ["this vehicle has no such setting"] }),
  },
  closed,
);

/** What a vehicle has made of its desired state. `PUT /api/v1/device/reported-state`. */
export const ReportedState = Type.Object(
  {
    at: WallTime,
    /** Of the desired state that this answers. */
    revision: Revision,
    configuration: Configuration,
    ecus: Type.Record(EcuId, Configuration, { additionalProperties: false, maxProperties: 256 }),
    refused: Type.Array(RefusedSetting, { maxItems: 256 }),
  },
  { ...closed, $id: "ReportedState" },
);
export type ReportedState = Static<typeof ReportedState>;
