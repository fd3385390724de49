import { parseArgs } from "node:util";
import { Refusal } from "./refusals.ts";
import { choice, integer, optionalText, text, type Given, type Setting } from "./settings.ts";

/** What a VIN must be: `checkDigit` ISO 3779 with a valid ninth place, `shape` without it, `free` any text. */
export const VIN_POLICIES = ["checkDigit", "shape", "free"] as const;
export type VinPolicy = (typeof VIN_POLICIES)[number];
const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "silent"] as const;

const MINUTE_MS = 60 * 1000;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Everything about one cloud that can be set; times in ms, sizes in bytes, rates per minute. A row is all that a
 * setting needs: `mqttPort` is `--mqtt-port` on the command line and `HALFSHAFT_CLOUD_MQTT_PORT` in the environment.
 */
export const SETTINGS = {
  data: text("folder of database, artifacts and keys", "halfshaft-cloud"),
  database: optionalText("postgres://user@host/name in place of the folder's own database", {
    pattern: /^postgres(ql)?:\/\//,
    reason: "it must begin with postgres://",
  }),
  databaseConnections: integer("connections to PostgreSQL that this instance may open", 10, 2, 200),
  artifacts: optionalText("s3://bucket/prefix?endpoint=…&region=… in place of a folder", {
    pattern: /^s3:\/\//,
    reason: "it must begin with s3://",
  }),
  host: text("address to listen on", "127.0.0.1"),
  port: integer("HTTP port, 0 for any free one", 8080, 0, 65_535),
  mqttPort: integer("MQTT port, 0 for any free one", 1883, 0, 65_535),
  mqttBroker: optionalText("mqtts://user@host:port, a broker in place of the embedded one", {
    pattern: /^mqtts?:\/\/[^/]+/,
    reason: "it must begin with mqtt:// or mqtts://",
  }),
  mqttPasswordFile: optionalText("file with the password for that broker"),
  tlsCert: optionalText("file of the certificate chain, PEM, for TLS 1.3"),
  tlsKey: optionalText("file of its private key, PEM"),
  behindProxy: optionalText("addresses of the proxies, with commas, that speak TLS before plain HTTP here"),
  corsOrigins: optionalText("origins, with commas, whose pages may call the API"),
  backupTo: optionalText("folder that a backup is written to again and again"),
  backupEveryMs: integer("time between two such backups", 4 * MINUTE_MS, 10_000, DAY_MS),
  backupsKept: integer("backups that are kept in a folder", 48, 1, 10_000),
  vinPolicy: choice(VIN_POLICIES, "checkDigit"),
  maxImageBytes: integer("largest firmware upload", 16 * 1024 * 1024, 1024, 1024 ** 3),
  maxUploads: integer("uploads of firmware that may wait at once", 200, 1, 100_000),
  offerTtlMs: integer("how long an offer stands", 14 * DAY_MS, 1000, 365 * DAY_MS),
  sessionTtlMs: integer("how long a log-in lasts", 8 * 60 * 60 * 1000, 60_000, 30 * DAY_MS),
  fourEyes: choice(["on", "off"], "on"),
  oidcIssuer: optionalText("issuer (iss) of the identity provider whose tokens are taken"),
  oidcAudience: optionalText("audience (aud) that those tokens must be for"),
  oidcKeysUrl: optionalText("URL of the provider's key set (jwks_uri)"),
  oidcGroupsClaim: text("claim with the names of groups; dots lead into objects", "groups"),
  oidcAlgorithms: text("signatures that are taken, with commas", "RS256,PS256,ES256,EdDSA"),
  oidcClockSkewMs: integer("how far the provider's clock may be off", 30_000, 0, 300_000),
  operatorRate: integer("requests a minute for one operator key", 6000, 1, 1_000_000),
  checkRate: integer("update checks a minute for one vehicle", 10, 1, 1_000_000),
  deviceRate: integer("requests of all kinds a minute for one vehicle", 1200, 1, 1_000_000),
  heartbeatMs: integer(
    "time between two signs of life of a vehicle that states no other; offline after three",
    5 * MINUTE_MS,
    1000,
    DAY_MS,
  ),
  eventQuota: integer(
    "telemetry events an hour for one vehicle; outcomes always pass",
    36_000,
    1,
    1_000_000_000,
  ),
  eventsWaiting: integer("telemetry events that may wait to be stored", 20_000, 1000, 1_000_000),
  addressRate: integer("requests a minute for one address without a credential", 100, 1, 1_000_000),
  webhookHttp: choice(
    ["on", "off"],
    "off",
    "whether webhooks may go to other machines by plain http: on | off",
  ),
  logLevel: choice(LOG_LEVELS, "warn"),
} as const;

type Key = keyof typeof SETTINGS;
export type CloudConfig = { readonly [K in Key]: (typeof SETTINGS)[K] extends Setting<infer T> ? T : never };

const KEYS = Object.keys(SETTINGS) as Key[];

export const DEFAULTS = valuesOf(({ fallback }) => fallback);

/** `mqtt-port` of `mqttPort`. */
export const flagOf = (key: Key): string => key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

export const environmentName = (key: Key): string =>
  `HALFSHAFT_CLOUD_${flagOf(key).toUpperCase().replaceAll("-", "_")}`;

/**
 * Reads the configuration: command line before environment before defaults.
 * @param own options besides the settings, without their dashes: those of one verb.
 * @returns the configuration, the words that are no options, and what was given of `own`.
 * @throws {Refusal} CLOUD_CONFIG_INVALID with the name of the setting.
 */
export function readConfig(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  own: readonly string[] = [],
): { config: CloudConfig; words: string[]; options: Readonly<Record<string, string | undefined>> } {
  const { values, positionals } = parse(args, own);
  const given = (key: Key): Given | undefined => {
    const onCommandLine = values[flagOf(key)];
    if (onCommandLine !== undefined) return { name: `--${flagOf(key)}`, text: onCommandLine };
    const name = environmentName(key);
    const inEnvironment = env[name];
    return inEnvironment === undefined ? undefined : { name, text: inEnvironment };
  };
  const config = valuesOf((setting, key) => {
    const found = given(key);
    return found ? setting.read(found) : setting.fallback;
  });
  const options = Object.fromEntries(own.map((name) => [name, values[name]]));
  return { config, words: positionals, options };
}

/** Each setting gives a value of its own type, which a loop over the rows cannot say. */
function valuesOf(value: (setting: Setting<unknown>, key: Key) => unknown): CloudConfig {
  const rows = KEYS.map((key) => [key, value(SETTINGS[key], key)]);
  return Object.fromEntries(rows) as CloudConfig;
}

function parse(
  args: readonly string[],
  own: readonly string[],
): {
  values: Record<string, string | undefined>;
  positionals: string[];
} {
  const options = Object.fromEntries(
    [...KEYS.map(flagOf), ...own].map((name) => [name, { type: "string" as const }]),
  );
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
