import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { realClock } from "@halfshaft/vehicle-net/clock";
import { AgentError } from "../agent-error.ts";
import { DEFAULTS, readConfig } from "../config.ts";
import { isProvisioned, writeDataFolder } from "../data-folder.ts";
import { Staging } from "../staging.ts";
import { readPinnedRoot } from "../trust/pinned-root.ts";
import { DELTA_PREFERENCES, type DeltaPreference } from "../update/choose-transport.ts";
import { optionInvalid, readOptions, required, type Verb, wholeNumber } from "./options.ts";

const HELP = `usage: agent provision --data DIR --vehicle-id ID --cloud URL --bus URL --ecu SERIAL=PROFILE …
                       --director-root FILE --image-root FILE --token-file FILE [options]

Prepares a data folder: what the agent is, whom it trusts, what it talks to.

  --data DIR            the agent's data folder
  --vehicle-id ID       the vehicle's id in the cloud
  --cloud URL           https://cloud.example
  --mqtt URL            broker for wake-ups; left out: the agent only polls
  --bus URL             hub://127.0.0.1:29536, socketcan:can0
  --ecu SERIAL=PROFILE  a control unit and the name of its profile; once for each
  --gateway SERIAL      the gateway's own serial number, to be reported with the control units
  --director-root FILE  root metadata of the Director repository, pinned from now on
  --image-root FILE     root metadata of the Image repository, pinned from now on
  --token-file FILE     the device token; "-" reads it from standard input
  --image FILE          an image that a control unit runs, as base of deltas; once for each
  --hmi-host ADDRESS    default 127.0.0.1
  --hmi-port N          default ${DEFAULTS.hmi.port}; 0 takes a free one
  --delta WORD          how images travel: ${DELTA_PREFERENCES.join(", ")}; default ${DEFAULTS.deltaPreference}
  --poll-ms N           time between two questions to the cloud, default ${DEFAULTS.pollMs}
  --force               replace the configuration that is there; journal and images stay

The token is never taken from the command line, where every user of the machine could read it.`;

export const provision: Verb = async (args) => {
  const options = readOptions("provision", args, {
    data: { type: "string" },
    "vehicle-id": { type: "string" },
    cloud: { type: "string" },
    mqtt: { type: "string" },
    bus: { type: "string" },
    ecu: { type: "string", multiple: true, default: [] },
    gateway: { type: "string" },
    "director-root": { type: "string" },
    "image-root": { type: "string" },
    "token-file": { type: "string" },
    image: { type: "string", multiple: true, default: [] },
    "hmi-host": { type: "string", default: DEFAULTS.hmi.host },
    "hmi-port": { type: "string", default: String(DEFAULTS.hmi.port) },
    "poll-ms": { type: "string", default: String(DEFAULTS.pollMs) },
    delta: { type: "string", default: DEFAULTS.deltaPreference },
    force: { type: "boolean" },
    help: { type: "boolean" },
  });
  if (options.help === true) {
    console.log(HELP);
    return 0;
  }
  const need = (name: keyof typeof options): string => {
    const value = options[name];
    return required("provision", name, typeof value === "string" ? value : undefined);
  };
  const data = need("data");
  if (options.force !== true && (await isProvisioned(data))) {
    throw new AgentError(
      "DATA_FOLDER_IN_USE",
      `${data} is provisioned already.`,
      "Choose another folder, or replace its configuration with --force.",
    );
  }
  const config = readConfig({
    vehicleId: need("vehicle-id"),
    cloudUrl: need("cloud").replace(/\/$/, ""),
    ...(options.mqtt === undefined ? {} : { mqttUrl: options.mqtt }),
    bus: need("bus"),
    ecus: options.ecu.map(readEcu),
    ...(options.gateway === undefined ? {} : { gateway: gatewayUnit(options.gateway) }),
    hmi: {
      host: options["hmi-host"],
      port: wholeNumber("provision", "hmi-port", options["hmi-port"], 65_535),
    },
    deltaPreference: readPreference(options.delta),
    pollMs: wholeNumber("provision", "poll-ms", options["poll-ms"], 86_400_000),
  });
  const roots = {
    director: await readPinnedRoot(need("director-root"), "Director"),
    image: await readPinnedRoot(need("image-root"), "Image"),
  };
  const token = await readToken(need("token-file"));
  const images = await Promise.all(options.image.map(readable));
  await writeDataFolder(data, { config, token, roots });
  const staging = await Staging.open(join(data, "staging"), realClock);
  const bases: string[] = [];
  for (const image of images) bases.push(await staging.add(image));
  console.log(JSON.stringify({ provisioned: data, vehicleId: config.vehicleId, bases }));
  return 0;
};

/** `ENG-000001=engine` */
function readEcu(text: string): { ecuId: string; profile: string } {
  const [ecuId, profile, ...others] = text.split("=");
  if (ecuId && profile && others.length === 0) return { ecuId, profile };
  throw optionInvalid("provision", `--ecu takes SERIAL=PROFILE, not "${text}".`);
}

function readPreference(text: string): DeltaPreference {
  const preference = DELTA_PREFERENCES.find((known) => known === text);
  if (preference !== undefined) return preference;
  throw optionInvalid("provision", `--delta takes ${DELTA_PREFERENCES.join(", ")}, not "${text}".`);
}

const gatewayUnit = (ecuId: string) => ({
  ecuId,
  name: "Gateway",
  hardwareId: "halfshaft-gateway",
  version: "0.1.0",
});

async function readToken(file: string): Promise<string> {
  const path = file === "-" ? "/dev/stdin" : await readable(file);
  const token = (await readFile(path, "utf8")).trim();
  if (/^\S+$/.test(token)) return token;
  throw optionInvalid("provision", `--token-file: ${file} does not hold one token.`);
}

async function readable(path: string): Promise<string> {
  try {
    await readFile(path);
    return path;
  } catch (cause) {
    throw optionInvalid("provision", `${path} cannot be read.`, cause);
  }
}
