import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BenchError } from "../../bench-error.ts";
import { initialiseFolder, openDatabase, type Database } from "@halfshaft/cloud-lite";

export const STORES = ["sqlite", "postgres"] as const;
export type StoreName = (typeof STORES)[number];

/** A cloud's data, thrown away afterwards. */
export interface BenchStore {
  readonly name: StoreName;
  readonly folder: string;
  /** What the cloud is told on its command line to find it. */
  readonly args: readonly string[];
  openDatabase(): Promise<Database>;
  close(): Promise<void>;
}

/** An initialised cloud without vehicles. */
export function openStore(name: StoreName): Promise<BenchStore> {
  if (name === "sqlite") return openSqliteStore();
  throw new BenchError("BAD_OPTION", `--store ${name} cannot be benched yet`);
}

/** The embedded database, in a folder of its own under the system's temporary folder. */
async function openSqliteStore(): Promise<BenchStore> {
  const folder = await mkdtemp(join(tmpdir(), "halfshaft-cloud-"));
  const data = join(folder, "data");
  await initialiseFolder({ data }, Date.now);
  return {
    name: "sqlite",
    folder: data,
    args: ["--data", data],
    openDatabase: () => openDatabase(join(data, "cloud.sqlite"), Date.now),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
