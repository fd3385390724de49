import { readFile } from "node:fs/promises";
import { type CanBus, openBus } from "@halfshaft/vehicle-net/can";
import { realClock } from "@halfshaft/vehicle-net/clock";
import { type EcuProfile, findProfile, ProfileError } from "@halfshaft/vehicle-net/ecu";
import { BenchToolError } from "../bench-tools/bench-tool-error.ts";
import { type EcuLink, type EcuTarget, openEcuLink, targetOfProfile } from "../bench-tools/ecu-link.ts";
import { explainError, profileInvalid } from "../bench-tools/explain-error.ts";
import { messageOf } from "../causes.ts";
import { hexNumber, optionInvalid, required } from "./options.ts";

/** What every verb for a person at a bench takes. */
export const BUS_OPTIONS = {
  bus: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean" },
} as const;

/** Which ECU, for verbs that talk to one. */
export const ECU_OPTIONS = {
  ...BUS_OPTIONS,
  "ecu-profile": { type: "string" },
  request: { type: "string" },
  response: { type: "string" },
  extended: { type: "boolean" },
} as const;

export const BUS_HELP = `  --bus URL           socketcan:can0, slcan:/dev/ttyACM0?bitrate=500k, hub://127.0.0.1:29536
  --json              lines of JSON, as when the output is piped`;

export const ECU_HELP = `${BUS_HELP}
  --ecu-profile NAME  engine, adas, body, or the path of a profile's JSON file; or, without a profile:
  --request ID        identifier that the ECU listens to, hex: 7E0
  --response ID       identifier that it answers with, hex; default: the request's plus 8
  --extended          identifiers of 29 bits`;

export const EXIT_HELP = "Exit status: 0 done, 1 failed, 2 a wrong option.";

interface EcuOptions {
  readonly "ecu-profile"?: string;
  readonly request?: string;
  readonly response?: string;
  readonly extended?: boolean;
}

const OBD_RESPONSE_OFFSET = 8;

/** @throws {BenchToolError} `PROFILE_INVALID` */
export async function profileOf(name: string): Promise<EcuProfile> {
  try {
    return await findProfile(name);
  } catch (error) {
    throw error instanceof ProfileError ? profileInvalid(error) : error;
  }
}

/** @throws {AgentError} `OPTION_INVALID` where it is not clear which ECU is meant */
export async function targetOf(verb: string, options: EcuOptions): Promise<EcuTarget> {
  const { request, response, extended = false } = options;
  const profileName = options["ecu-profile"];
  if (profileName !== undefined) {
    if (request === undefined && response === undefined) return targetOfProfile(await profileOf(profileName));
    throw optionInvalid(verb, "--ecu-profile and --request exclude each other.");
  }
  if (request === undefined) throw optionInvalid(verb, "--ecu-profile or --request says which ECU.");
  const largest = extended ? 0x1fff_ffff : 0x7ff;
  const txId = hexNumber(verb, "request", request, largest);
  if (response === undefined && extended) throw optionInvalid(verb, "--extended needs --response too.");
  const rxId =
    response === undefined ? txId + OBD_RESPONSE_OFFSET : hexNumber(verb, "response", response, largest);
  const name = `ECU ${txId.toString(16).toUpperCase()}`;
  return { name, channel: { addressing: { mode: "normal", txId, rxId, extended } } };
}

/** Opens a bus for a while; what its adapter has to say goes to standard error. */
export async function withBus<T>(
  verb: string,
  url: string | undefined,
  work: (bus: CanBus, url: string) => Promise<T>,
): Promise<T> {
  const busUrl = required(verb, "bus", url);
  const bus = await openBus(busUrl, {
    clock: realClock,
    onNotice: (sentence) => console.error(sentence),
  });
  try {
    return await work(bus, busUrl);
  } finally {
    await bus.close();
  }
}

/** A conversation with one ECU. @throws {BenchToolError} what goes wrong in it, in words for a person */
export async function withEcu<T>(
  verb: string,
  options: EcuOptions & { readonly bus?: string },
  work: (link: EcuLink) => Promise<T>,
): Promise<T> {
  const target = await targetOf(verb, options);
  return await withBus(verb, options.bus, async (bus, busUrl) => {
    try {
      const link = openEcuLink(bus, realClock, target);
      try {
        return await work(link);
      } finally {
        await link.close();
      }
    } catch (error) {
      throw explainError(error, { name: target.name, busUrl });
    }
  });
}

/** @throws {BenchToolError} `FILE_UNREADABLE` */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new BenchToolError(
      "FILE_UNREADABLE",
      `${path} cannot be read: ${messageOf(cause)}.`,
      "Check the path and its permissions.",
      { cause },
    );
  }
}
