import { EcuId, HardwareId, Version } from "@halfshaft/ota-format";
import { profileNamed } from "@halfshaft/vehicle-net/ecu";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { AgentError } from "./agent-error.ts";
import { messageOf } from "./causes.ts";
import { DELTA_PREFERENCES } from "./update/choose-transport.ts";
import { schemaProblem } from "./schema-problem.ts";

const strict = { additionalProperties: false } as const;
const Milliseconds = Type.Integer({ minimum: 100, maximum: 30 * 86_400_000 });
const Name = Type.String({ minLength: 1, maxLength: 64 });

/** What the simulated vehicle says of itself until something else does. */
const SimulatedState = Type.Object(
  {
    gear: Type.Optional(Type.Enum(["P", "R", "N", "D"])),
    ignition: Type.Optional(Type.Enum(["off", "on"])),
    parkingBrake: Type.Optional(Type.Boolean()),
    stateOfChargePercent: Type.Optional(Type.Number({ minimum: 0, maximum: 100 })),
    batteryVolts: Type.Optional(Type.Number({ minimum: 0, maximum: 60 })),
    charging: Type.Optional(Type.Boolean()),
    temperatureC: Type.Optional(Type.Number({ minimum: -60, maximum: 100 })),
    night: Type.Optional(Type.Boolean()),
  },
  strict,
);

/** The agent's configuration: `config.json` of its data folder. Times in ms. */
export const AgentConfig = Type.Object(
  {
    vehicleId: Type.String({ pattern: "^[A-Za-z0-9._-]{1,64}$" }),
    /** `https://cloud.example`, without a slash at the end. */
    cloudUrl: Type.String({ pattern: "^https?://[^\\s]+[^/\\s]$" }),
    /** Left out: the agent only polls. */
    mqttUrl: Type.Optional(Type.String({ pattern: "^(mqtts?|wss?)://\\S+$" })),
    /** `hub://127.0.0.1:29536`, `socketcan:can0`. */
    bus: Type.String({ pattern: "^[a-z]+:" }),
    /** Nominal bit rate of the bus, bit/s, for estimates. */
    busBitrate: Type.Integer({ minimum: 10_000, maximum: 1_000_000 }),
    ecus: Type.Array(Type.Object({ ecuId: EcuId, profile: Name, name: Type.Optional(Name) }, strict), {
      minItems: 1,
      maxItems: 64,
    }),
    gateway: Type.Optional(
      Type.Object({ ecuId: EcuId, name: Name, hardwareId: HardwareId, version: Version }, strict),
    ),
    hmi: Type.Object(
      { host: Type.String({ minLength: 1 }), port: Type.Integer({ minimum: 0, maximum: 65_535 }) },
      strict,
    ),
    /** Number that the HMI's "Call assistance" dials. */
    assistancePhone: Type.Optional(Type.String({ maxLength: 32 })),
    vehicle: SimulatedState,
    pollMs: Milliseconds,
    heartbeatMs: Milliseconds,
    readinessTimeoutMs: Milliseconds,
    settleTimeoutMs: Milliseconds,
    /** 0: no limit. */
    downloadBytesPerSecond: Type.Integer({ minimum: 0 }),
    /** How images travel: the cheapest way (`auto`), or the one of this name where it is open. */
    deltaPreference: Type.Enum(DELTA_PREFERENCES),
    /** PEM file of the only certificate authority that is believed, relative to the data folder. */
    caFile: Type.Optional(Type.String({ minLength: 1 })),
  },
  strict,
);
export type AgentConfig = Static<typeof AgentConfig>;

/** What a configuration need not say. */
export const DEFAULTS = {
  busBitrate: 500_000,
  hmi: { host: "127.0.0.1", port: 8400 },
  vehicle: {
    gear: "P",
    ignition: "off",
    parkingBrake: true,
    stateOfChargePercent: 80,
    batteryVolts: 12.6,
  },
  pollMs: 60_000,
  heartbeatMs: 300_000,
  readinessTimeoutMs: 86_400_000,
  settleTimeoutMs: 300_000,
  downloadBytesPerSecond: 0,
  deltaPreference: "auto",
} as const satisfies Partial<AgentConfig>;

/**
 * Checks a configuration and fills in what it leaves out.
 * @throws {AgentError} `CONFIG_INVALID` naming the field
 */
export function readConfig(value: unknown): AgentConfig {
  const whole = typeof value === "object" && value !== null ? { ...DEFAULTS, ...value } : value;
  if (!Value.Check(AgentConfig, whole)) {
    throw invalid(schemaProblem(AgentConfig, whole));
  }
  const ids = whole.ecus.map(({ ecuId }) => ecuId);
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice !== undefined) throw invalid(`ecus names ${twice} twice`);
  for (const { profile } of whole.ecus) {
    try {
      profileNamed(profile);
    } catch (cause) {
      throw invalid(messageOf(cause), cause);
    }
  }
  return whole;
}

function invalid(reason: string, cause?: unknown): AgentError {
  return new AgentError(
    "CONFIG_INVALID",
    `The agent's configuration cannot be used: ${reason}.`,
    "Correct config.json in the agent's data folder, or provision the agent anew.",
    { cause },
  );
}
