import { parseArgs } from "node:util";
import { BenchError } from "../bench-error.ts";
import { withBenchCloud, type BenchCloudOptions } from "../benchmarks/cloud/bench-cloud.ts";
import { CASES } from "../benchmarks/cloud/cases.ts";
import type { CloudResult } from "../benchmarks/cloud/cloud-result.ts";
import { STORES } from "../benchmarks/cloud/store.ts";
import { table } from "../demo/table.ts";

const NAMES = Object.keys(CASES);
const HELP = `usage: scripts/run.sh bench cloud [--json] [--store ${STORES.join("|")}] [--only NAME]... [options]

Loads a cloud in a process of its own, with a fleet put into its database before, and prints what it bears. The ceiling
is a Fastify without any plugin, in a process of its own too, under the same load in the same rounds. Memory is that of
the cloud's process, which runs its TypeScript as it is. Cases are ${NAMES.join(", ")}.
The line update-checks-first tells of the first request of each vehicle after the cloud's start, update-checks of those
after it.

--json         a line for each case
--store        sqlite unless told
--only         this case only; may be given again
--vehicles     100000 unless told
--seconds      of each case, 10 unless told
--rounds       in which a case and the ceiling take turns, 20 unless told
--connections  64 unless told
--pipelining   requests on their way on each connection, 1 unless told`;

export async function cloud(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean" },
      help: { type: "boolean" },
      store: { type: "string", default: "sqlite" },
      only: { type: "string", multiple: true },
      vehicles: { type: "string", default: "100000" },
      seconds: { type: "string", default: "10" },
      rounds: { type: "string", default: "20" },
      connections: { type: "string", default: "64" },
      pipelining: { type: "string", default: "1" },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const options: BenchCloudOptions = {
    store: chosen("--store", values.store, STORES),
    vehicles: wholeNumber("--vehicles", values.vehicles),
    seconds: wholeNumber("--seconds", values.seconds),
    rounds: wholeNumber("--rounds", values.rounds),
    connections: wholeNumber("--connections", values.connections),
    pipelining: wholeNumber("--pipelining", values.pipelining),
  };
  const names = (values.only ?? NAMES).map((name) => chosen("--only", name, NAMES));
  const rows: string[][] = [];
  await withBenchCloud(options, async (bench) => {
    for (const name of names) {
      for (const result of await CASES[name]!(bench)) {
        if (values.json === true) console.log(JSON.stringify(result));
        rows.push(rowOf(result));
      }
    }
  });
  if (values.json !== true) console.log(table(COLUMNS, rows));
  return 0;
}

/** @throws {BenchError} `BAD_OPTION` */
export function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new BenchError("BAD_OPTION", `${option} ${text} is not a number from 1`);
}

/** @throws {BenchError} `BAD_OPTION` */
export function chosen<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw new BenchError("BAD_OPTION", `${option} ${text} is not one of ${choices.join(", ")}`);
}

const COLUMNS = ["case", "store", "per second", "of what", "p50 ms", "p99 ms", "RSS MB", "of the ceiling"];

const rowOf = (result: CloudResult): string[] => [
  result.name,
  result.store,
  String(result.perSecond),
  result.unit,
  String(result.p50Ms ?? ""),
  String(result.p99Ms ?? ""),
  String(result.rssMb ?? ""),
  String(result.ratio ?? ""),
];
