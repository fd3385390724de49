import { parseArgs } from "node:util";
import { Refusal } from "./refusals.ts";

/** What a VIN must be: `checkDigit` ISO 3779 with a valid ninth place, `shape` without it, `free` any text. */
export const VIN_POLICIES = ["checkDigit", "shape", "free"] as const;
export type VinPolicy = (typeof VIN_POLICIES)[number];
const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "silent"] as const;

/** Everything about one cloud that can be set. Times in ms, sizes in bytes, rates per minute. */
export interface CloudConfig {
  /** The one folder that holds database, artifacts and keys. */
  readonly data: string;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly mqttPort: number;
  readonly vinPolicy: VinPolicy;
  readonly maxImageBytes: number;
  readonly offerTtlMs: number;
  readonly operatorRate: number;
  readonly deviceRate: number;
  readonly addressRate: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
}

const DAY_MS = 24 * 60 * 60 * 1000;

export const DEFAULTS: CloudConfig = {
  data: "halfshaft-cloud",
  host: "127.0.0.1",
  port: 8080,
  mqttPort: 1883,
  vinPolicy: "checkDigit",
  maxImageBytes: 16 * 1024 * 1024,
  offerTtlMs: 14 * DAY_MS,
  operatorRate: 6000,
  deviceRate: 1200,
  addressRate: 300,
  logLevel: "warn",
};

/** One row per setting: `--data` on the command line, `HALFSHAFT_CLOUD_DATA` in the environment. */
export const SETTINGS: Readonly<Record<keyof CloudConfig, { flag: string; what: string }>> = {
  data: { flag: "data", what: "folder of database, artifacts and keys" },
  host: { flag: "host", what: "address to listen on" },
  port: { flag: "port", what: "HTTP port, 0 for any free one" },
  mqttPort: { flag: "mqtt-port", what: "MQTT port, 0 for any free one" },
  vinPolicy: { flag: "vin-policy", what: VIN_POLICIES.join(" | ") },
  maxImageBytes: { flag: "max-image-bytes", what: "largest firmware upload" },
  offerTtlMs: { flag: "offer-ttl-ms", what: "how long an offer stands" },
  operatorRate: { flag: "operator-rate", what: "requests a minute for one operator key" },
  deviceRate: { flag: "device-rate", what: "requests a minute for one vehicle" },
  addressRate: { flag: "address-rate", what: "requests a minute for one address without a credential" },
  logLevel: { flag: "log-level", what: LOG_LEVELS.join(" | ") },
};

const KEYS = Object.keys(SETTINGS) as (keyof CloudConfig)[];

export const environmentName = (key: keyof CloudConfig): string =>
  `HALFSHAFT_CLOUD_${SETTINGS[key].flag.toUpperCase().replaceAll("-", "_")}`;

/**
 * Reads the configuration: command line before environment before defaults.
 * @returns the configuration and the words that are no options.
 * @throws {Refusal} CLOUD_CONFIG_INVALID with the name of the setting.
 */
export function readConfig(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): { config: CloudConfig; words: string[] } {
  const { values, positionals } = parse(args);
  const given = (key: keyof CloudConfig): { name: string; text: string } | undefined => {
    const flag = values[SETTINGS[key].flag];
    if (flag !== undefined) return { name: `--${SETTINGS[key].flag}`, text: flag };
    const name = environmentName(key);
    const text = env[name];
    return text === undefined ? undefined : { name, text };
  };
  const text = (key: "data" | "host"): string => {
    const found = given(key);
    if (found?.text === "") throw invalid(found, "it must not be empty");
    return found?.text ?? DEFAULTS[key];
  };
  const integer = (key: NumberKey, min: number, max: number): number => {
    const found = given(key);
    if (!found) return DEFAULTS[key];
    const value = /^\d{1,15}$/.test(found.text) ? Number(found.text) : Number.NaN;
    if (!(value >= min && value <= max)) throw invalid(found, `it must be a number from ${min} to ${max}`);
    return value;
  };
  const choice = <T extends string>(key: "vinPolicy" | "logLevel", choices: readonly T[], fallback: T): T => {
    const found = given(key);
    if (!found) return fallback;
    const chosen = choices.find((c) => c === found.text);
    if (!chosen) throw invalid(found, `it must be one of ${choices.join(", ")}`);
    return chosen;
  };
  const config: CloudConfig = {
    data: text("data"),
    host: text("host"),
    port: integer("port", 0, 65_535),
    mqttPort: integer("mqttPort", 0, 65_535),
    vinPolicy: choice("vinPolicy", VIN_POLICIES, DEFAULTS.vinPolicy),
    maxImageBytes: integer("maxImageBytes", 1024, 1024 ** 3),
    offerTtlMs: integer("offerTtlMs", 1000, 365 * DAY_MS),
    operatorRate: integer("operatorRate", 1, 1_000_000),
    deviceRate: integer("deviceRate", 1, 1_000_000),
    addressRate: integer("addressRate", 1, 1_000_000),
    logLevel: choice("logLevel", LOG_LEVELS, DEFAULTS.logLevel),
  };
  return { config, words: positionals };
}

type NumberKey = {
  [K in keyof CloudConfig]: CloudConfig[K] extends number ? K : never;
}[keyof CloudConfig];

function parse(args: readonly string[]): {
  values: Record<string, string | undefined>;
  positionals: string[];
} {
  const options = Object.fromEntries(KEYS.map((key) => [SETTINGS[key].flag, { type: "string" as const }]));
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split(".")[0]! : String(cause);
    throw new Refusal(
      "CLOUD_CONFIG_INVALID",
      { setting: "The command line", value: "not understood", reason },
      { cause },
    );
  }
}

const invalid = (found: { name: string; text: string }, reason: string): Refusal =>
  new Refusal("CLOUD_CONFIG_INVALID", { setting: found.name, value: `"${found.text}"`, reason });
