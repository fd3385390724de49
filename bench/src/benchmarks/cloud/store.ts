import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { initialiseFolder, openDatabase, type Database } from "@halfshaft/cloud-lite";
import { startThrowAwayPostgres } from "@halfshaft/cloud-lite/throw-away-postgres";

export const STORES = ["sqlite", "postgres"] as const;
export type StoreName = (typeof STORES)[number];

/** A cloud's data, thrown away afterwards. */
export interface BenchStore {
  readonly name: StoreName;
  readonly folder: string;
  /** What the cloud is told on its command line to find it. */
  readonly args: readonly string[];
  /** Another instance on the same data, where the store allows it. @returns its arguments */
  secondInstance(): Promise<readonly string[]>;
  openDatabase(): Promise<Database>;
  close(): Promise<void>;
}

/** An initialised cloud without vehicles, in a folder of its own under the system's temporary folder. */
export async function openStore(name: StoreName): Promise<BenchStore> {
  // Durable: what is acknowledged is on the disk, as it would be in the field.
  const server = name === "postgres" ? await startThrowAwayPostgres({ durable: true }) : undefined;
  const folder = await mkdtemp(join(tmpdir(), "halfshaft-cloud-"));
  const place = { data: join(folder, "data"), database: server?.url ?? "" };
  const argsFor = (data: string): string[] => ["--data", data, ...(server ? ["--database", server.url] : [])];
  await initialiseFolder(place, Date.now);
  return {
    name,
    folder: place.data,
    args: argsFor(place.data),
    async secondInstance() {
      const second = join(folder, "second");
      await mkdir(second);
      await cp(join(place.data, "keys"), join(second, "keys"), { recursive: true });
      return argsFor(second);
    },
    openDatabase: () => openDatabase(place.database || join(place.data, "cloud.sqlite"), Date.now),
    async close() {
      await rm(folder, { recursive: true, force: true });
      await server?.stop();
    },
  };
}
