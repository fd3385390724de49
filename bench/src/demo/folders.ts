import { access, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { BenchError } from "../bench-error.ts";
import type { DemoEcu } from "./fleet.ts";

/** Where everything of one run lies. */
export interface Folders {
  readonly base: string;
  readonly logs: string;
  readonly cloud: string;
  readonly agent: string;
  /** Every frame of the bus, as candump writes them. */
  readonly capture: string;
  ecu(ecu: DemoEcu): string;
}

/** Says that everything in a folder may be thrown away. */
const MARKER = ".made-by-halfshaft-demo";

/**
 * Makes the folder anew.
 * @throws {BenchError} `BAD_OPTION` where it holds things that no demo has made: they are left alone.
 */
export async function makeFolders(dataFolder: string): Promise<Folders> {
  const base = resolve(dataFolder);
  const found = await readdir(base).catch(() => []);
  if (found.length > 0 && !(await exists(join(base, MARKER)))) {
    throw new BenchError("BAD_OPTION", `${base} is not empty, and no demo has made it.`, {
      help: "Choose an empty or a new folder with --data: the demo begins by clearing it.",
    });
  }
  await rm(base, { recursive: true, force: true });
  const logs = join(base, "logs");
  await mkdir(logs, { recursive: true });
  await writeFile(join(base, MARKER), "");
  return {
    base,
    logs,
    cloud: join(base, "cloud"),
    agent: join(base, "agent"),
    capture: join(base, "bus.log"),
    ecu: ({ profile }) => join(base, `ecu-${profile}`),
  };
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
