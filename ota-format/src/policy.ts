import { Type, type Static } from "typebox";
import { WallTime } from "./scalars.ts";

const TimeOfDay = Type.String({ pattern: "^([01]\\d|2[0-3]):[0-5]\\d$", examples: ["02:30"] });

/** How the driver is asked. `silent` never asks; `forced` asks until its deadline, then installs. */
export const ConsentPolicy = Type.Object(
  {
    mode: Type.Union([Type.Literal("silent"), Type.Literal("banner"), Type.Literal("forced")]),
    deadline: Type.Optional(WallTime),
    timeOfDay: Type.Optional(
      Type.String({
        ...TimeOfDay,
        description: "Of the deadline, in the time zone where the vehicle is: the last such time before it",
      }),
    ),
  },
  { additionalProperties: false },
);
export type ConsentPolicy = Static<typeof ConsentPolicy>;

/** What must hold in the vehicle at the moment of flashing; an absent field demands nothing. */
export const SafetyPolicy = Type.Object(
  {
    parked: Type.Optional(Type.Boolean()),
    ignitionOff: Type.Optional(Type.Boolean()),
    minStateOfChargePercent: Type.Optional(Type.Number({ minimum: 0, maximum: 100 })),
    minBatteryVolts: Type.Optional(Type.Number({ minimum: 0, maximum: 60 })),
    charging: Type.Optional(Type.Boolean({ description: "Connected to a charger" })),
    minTemperatureC: Type.Optional(Type.Number({ minimum: -60, maximum: 100, description: "Outside, °C" })),
    maxTemperatureC: Type.Optional(Type.Number({ minimum: -60, maximum: 100, description: "Outside, °C" })),
    timeWindow: Type.Optional(
      Type.Object(
        { from: TimeOfDay, to: TimeOfDay, timeZone: Type.Optional(Type.String({ maxLength: 64 })) },
        {
          additionalProperties: false,
          description:
            "Local time, from `from` up to `to`, over midnight too; in the vehicle's own zone unless said",
          examples: [{ from: "22:00", to: "05:00" }],
        },
      ),
    ),
  },
  { additionalProperties: false },
);
export type SafetyPolicy = Static<typeof SafetyPolicy>;
