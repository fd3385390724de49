import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { workerDeltaEngine } from "@halfshaft/ota-format/delta";
import { openBus } from "@halfshaft/vehicle-net/can";
import { realClock } from "@halfshaft/vehicle-net/clock";
import { Level } from "level";
import { pino } from "pino";
import { AgentError } from "../agent-error.ts";
import { captureTo } from "../capture.ts";
import { noteRunning, readDataFolder } from "../data-folder.ts";
import { createGateway } from "../gateway.ts";
import { startHmi } from "../hmi/index.ts";
import { undiciFetch } from "../http/undici-fetch.ts";
import { SimulatedVehicle } from "../vehicle-state.ts";
import { readOptions, required, type Verb, wholeNumber } from "./options.ts";
import { ProgressView } from "./progress-view.ts";
import { terminated } from "./terminated.ts";

const HELP = `usage: agent run --data DIR [options]

Runs the agent: goes on with an interrupted update, asks the cloud, installs, reports, serves the HMI. Prints one
line of JSON when it is ready, then progress: bars on a terminal, lines of JSON elsewhere. Ends with SIGTERM or Ctrl-C.

  --data DIR        the agent's data folder, made by \`agent provision\`
  --hmi-port N      instead of the configured port; 0 takes a free one
  --capture FILE    record every frame on the bus, as candump does
  --log FILE        structured log, lines of JSON; default agent.log in the data folder, "-" for standard error
  --log-level WORD  debug, info (default), warn, error`;

export const run: Verb = async (args) => {
  const options = readOptions("run", args, {
    data: { type: "string" },
    "hmi-port": { type: "string" },
    capture: { type: "string" },
    log: { type: "string" },
    "log-level": { type: "string", default: "info" },
    help: { type: "boolean" },
  });
  if (options.help === true) {
    console.log(HELP);
    return 0;
  }
  const dataFolder = required("run", "data", options.data);
  const { config, token, roots, ca } = await readDataFolder(dataFolder);
  const log = openLog(options.log ?? join(dataFolder, "agent.log"), options["log-level"]);
  const level = await openJournal(dataFolder);
  const deltas = workerDeltaEngine();
  const capture = options.capture === undefined ? undefined : captureTo(options.capture);
  const gateway = await createGateway({
    config,
    dataFolder,
    level,
    roots,
    token,
    fetch: undiciFetch({ ca }),
    openBus: async () => {
      const bus = await openBus(config.bus, { clock: realClock });
      return capture?.tap(bus) ?? bus;
    },
    clock: realClock,
    now: Date.now,
    deltas,
    vehicle: new SimulatedVehicle(config.vehicle),
    log,
  });
  const port =
    options["hmi-port"] === undefined
      ? config.hmi.port
      : wholeNumber("run", "hmi-port", options["hmi-port"], 65_535);
  const hmi = await startHmi({ controls: gateway.controls, host: config.hmi.host, port, logger: log });
  await noteRunning(dataFolder, hmi.url);
  const view = new ProgressView(process.stdout);
  gateway.controls.subscribe((state) => view.show(state));
  gateway.start();
  console.log(JSON.stringify({ ready: true, hmiUrl: hmi.url, vehicleId: config.vehicleId }));
  await terminated();
  await hmi.close();
  await gateway.stop();
  await deltas.close();
  await level.close();
  await capture?.close();
  return 0;
};

function openLog(file: string, level: string) {
  return pino({ level, base: undefined }, pino.destination({ dest: file === "-" ? 2 : file, sync: false }));
}

async function openJournal(dataFolder: string): Promise<Level> {
  const folder = join(dataFolder, "journal");
  await mkdir(folder, { recursive: true });
  const level = new Level(folder);
  try {
    await level.open();
  } catch (cause) {
    throw isLocked(cause)
      ? new AgentError(
          "DATA_FOLDER_IN_USE",
          `Another agent runs with the data folder ${dataFolder}.`,
          "Stop it first, or choose another folder with --data.",
          { cause },
        )
      : new AgentError(
          "DATA_FOLDER_UNUSABLE",
          `The journal in ${folder} cannot be opened.`,
          "Check that the folder can be written. Do not delete the journal while an update runs.",
          { cause },
        );
  }
  return level;
}

/** classic-level says so in the cause of its error. */
function isLocked(error: unknown): boolean {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && cause.code === "LEVEL_LOCKED";
}
