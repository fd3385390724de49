import { parseArgs } from "node:util";
import { DELTA_PREFERENCES, type DeltaPreference } from "@halfshaft/edge-agent";
import { BenchError } from "../bench-error.ts";

export const DEMO_FAULTS = ["boot-failure", "tampered-artifact"] as const;
export type DemoFault = (typeof DEMO_FAULTS)[number];

/** What a person may say to the demo. Port 0 takes any free one. */
export interface DemoOptions {
  readonly fault?: DemoFault;
  /** How images travel. */
  readonly delta: DeltaPreference;
  /** Wait for a person on the HMI, and keep everything running afterwards. */
  readonly stay: boolean;
  readonly dataFolder: string;
  readonly cloudPort: number;
  readonly mqttPort: number;
  readonly hubPort: number;
  readonly hmiPort: number;
}

export const DEMO_HELP = `usage: scripts/demo.sh [options]

Carries release 2 of three control units from the cloud over CAN into their inactive banks.

  --fault boot-failure       one unit does not start the new software: all go back
  --fault tampered-artifact  a file is changed after it was signed: refused before the bus is touched
  --delta WORD               who applies the deltas: gateway (default) or ecu; compressed sends images that the ECUs
                             unpack, full whole ones; auto takes the cheapest way, as an agent does by itself
  --stay                     wait for a person on the HMI, and keep everything running
  --data DIR                 where state, logs and the capture of the bus go (default .halfshaft/demo, made anew)
  --cloud-port N             default 47080; 0 takes a free one, as for the others
  --mqtt-port N              default 47083
  --hub-port N               default 47036
  --hmi-port N               default 47090
  --help

Exit status: 0 as asked, 1 the result is not what was asked for, 2 a wrong option, 130 interrupted.`;

/** @throws {BenchError} `BAD_OPTION` naming the option. Answers undefined where help was asked for. */
export function readDemoOptions(args: readonly string[]): DemoOptions | undefined {
  const { values } = parse(args);
  if (values.help === true) return undefined;
  return {
    fault: faultNamed(values.fault),
    delta: preferenceNamed(values.delta),
    stay: values.stay ?? false,
    dataFolder: values.data ?? ".halfshaft/demo",
    cloudPort: port("--cloud-port", values["cloud-port"] ?? "47080"),
    mqttPort: port("--mqtt-port", values["mqtt-port"] ?? "47083"),
    hubPort: port("--hub-port", values["hub-port"] ?? "47036"),
    hmiPort: port("--hmi-port", values["hmi-port"] ?? "47090"),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        fault: { type: "string" },
        delta: { type: "string", default: "gateway" },
        stay: { type: "boolean" },
        data: { type: "string" },
        "cloud-port": { type: "string" },
        "mqtt-port": { type: "string" },
        "hub-port": { type: "string" },
        "hmi-port": { type: "string" },
        help: { type: "boolean" },
      },
    });
  } catch (cause) {
    const reason = (cause as Error).message.split(". ")[0];
    throw new BenchError("BAD_OPTION", `${reason}.`, { help: "See scripts/demo.sh --help.", cause });
  }
}

function faultNamed(name: string | undefined): DemoFault | undefined {
  if (name === undefined) return undefined;
  const fault = DEMO_FAULTS.find((known) => known === name);
  if (fault === undefined) {
    throw new BenchError("BAD_OPTION", `There is no fault "${name}".`, {
      help: `Known faults: ${DEMO_FAULTS.join(", ")}.`,
    });
  }
  return fault;
}

function preferenceNamed(name: string): DeltaPreference {
  const preference = DELTA_PREFERENCES.find((known) => known === name);
  if (preference === undefined) {
    throw new BenchError("BAD_OPTION", `--delta takes ${DELTA_PREFERENCES.join(", ")}, not "${name}".`);
  }
  return preference;
}

function port(option: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) {
    throw new BenchError("BAD_OPTION", `${option} takes a port from 0 to 65535, not "${text}".`, {
      help: "0 takes any free one; see scripts/demo.sh --help.",
    });
  }
  return value;
}
