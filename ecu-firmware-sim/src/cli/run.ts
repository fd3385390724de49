import { openBus, type CanBus } from "@halfshaft/vehicle-net/can";
import { realClock } from "@halfshaft/vehicle-net/clock";
import { findProfile } from "@halfshaft/vehicle-net/ecu";
import { createEcu } from "../ecu.ts";
import { readStateFile } from "../ecu-state.ts";
import { faultNames, faultsNamed, type EcuFaults } from "../faults.ts";
import { fileStorage } from "../file-storage.ts";
import { CliError } from "./cli-error.ts";
import { explain } from "./explain.ts";
import { readOptions, required } from "./options.ts";

/**
 * Powers an ECU on and leaves it on the bus until SIGTERM or SIGINT. Prints one line of JSON when it answers. Ending
 * the process in any way is a power cut; starting it again on the same folder is a power-on.
 */
export async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(args, {
    profile: { type: "string" },
    state: { type: "string" },
    bus: { type: "string" },
    fault: { type: "string", multiple: true },
  });
  const folder = required(options.state, "state");
  const url = required(options.bus, "bus");
  const faults = readFaults(options.fault ?? []);
  const state = readStateFile(folder);
  const profile = await findProfile(options.profile ?? state.profile);
  const bus = await openBus(url, { clock: realClock });
  const storage = fileStorage(folder);
  const ecu = await createOrClose(bus, () => createEcu({ profile, bus, clock: realClock, storage, faults }));

  const end = async (status: number): Promise<void> => {
    ecu.close();
    await bus.close();
    process.exit(status);
  };
  process.once("SIGTERM", () => void end(0));
  process.once("SIGINT", () => void end(0));
  // Nothing keeps the process any more: the connection to the bus has ended.
  process.once("beforeExit", () => {
    console.error(
      explain(new CliError("bus-lost", `the bus ${url} is gone`, "Start it again, then this ECU.")),
    );
    void end(1);
  });
  await ecu.answering();
  const { serial, version } = ecu.state();
  console.log(JSON.stringify({ ready: true, ecu: serial, profile: profile.name, version, bus: url }));
}

async function createOrClose<T>(bus: CanBus, create: () => T): Promise<T> {
  try {
    return create();
  } catch (error) {
    await bus.close();
    throw error;
  }
}

function readFaults(names: readonly string[]): EcuFaults {
  const faults = faultsNamed(names);
  if (faults !== undefined) return faults;
  throw new CliError(
    "bad-option",
    `--fault ${names.join(" --fault ")} names a fault that is not known`,
    `The faults are: ${faultNames.join(", ")}.`,
  );
}
