import { readFile } from "node:fs/promises";
import { operatorKeyFile } from "@halfshaft/cloud-lite";
import { CloudClient } from "../../demo/cloud-client.ts";
import { startProgram, type Program } from "./programs.ts";
import { seedFleet, type Fleet } from "./seed.ts";
import { openStore, type BenchStore, type StoreName } from "./store.ts";

export interface BenchCloudOptions {
  readonly store: StoreName;
  readonly vehicles: number;
  /** How the load is made. */
  readonly connections: number;
  readonly pipelining: number;
  readonly seconds: number;
  readonly rounds: number;
}

/** A cloud in a process of its own, its fleet, and a server without any work to compare it with. */
export interface BenchCloud {
  readonly options: BenchCloudOptions;
  readonly store: BenchStore;
  readonly cloud: Program;
  readonly ceiling: Program;
  readonly fleet: Fleet;
  readonly client: CloudClient;
  readonly operatorKey: string;
}

/** Limits are on; the load comes from few addresses and one operator, and asks more often than a fleet would. */
const LIMITS = [
  "--check-rate",
  "1000",
  "--event-quota",
  "1000000",
  "--device-rate",
  "100000",
  "--operator-rate",
  "1000000",
  "--four-eyes",
  "off",
];
export const cloudArgs = (place: readonly string[]): string[] => [
  "run",
  ...place,
  ...LIMITS,
  "--port",
  "0",
  "--mqtt-port",
  "0",
];

/** Runs work against a seeded cloud, and stops and removes everything afterwards. */
export async function withBenchCloud<T>(
  options: BenchCloudOptions,
  work: (bench: BenchCloud) => Promise<T>,
): Promise<T> {
  const store = await openStore(options.store);
  const running: Program[] = [];
  const start = async (...given: Parameters<typeof startProgram>): Promise<Program> => {
    const program = await startProgram(...given);
    running.push(program);
    return program;
  };
  try {
    const fleet = await seed(store, options.vehicles);
    const cloud = await start("cloud", cloudArgs(store.args));
    const ceiling = await start("plain");
    const operatorKey = (await readFile(operatorKeyFile(store.folder), "utf8")).trim();
    const client = new CloudClient(cloud.url, operatorKey);
    return await work({ options, store, cloud, ceiling, fleet, client, operatorKey });
  } finally {
    await Promise.all(running.map((program) => program.stop()));
    await store.close();
  }
}

async function seed(store: BenchStore, vehicles: number): Promise<Fleet> {
  const db = await store.openDatabase();
  try {
    return await seedFleet(db, vehicles, Date.now());
  } finally {
    await db.destroy();
  }
}
