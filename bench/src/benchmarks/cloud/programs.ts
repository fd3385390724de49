import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { BenchError } from "../../bench-error.ts";

/** A server in a process of its own. */
export interface Program {
  readonly url: string;
  /** Highest resident memory since its start, in MB; null where the kernel does not tell. */
  peakRssMb(): Promise<number | null>;
  /** @returns once the process is gone. */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
}

const MAIN = {
  cloud: "../../../../cloud-lite/src/main.ts",
  plain: "./plain-server.ts",
} as const;
/** As `scripts/run.sh` starts it, and for its reasons. */
const NODE_OPTIONS = {
  cloud: ["--max-semi-space-size=16", "--heap-growing-percent=60", "--no-parallel-scavenge"],
  plain: [],
} as const;
const READY_WITHIN_MS = 60_000;
const KEPT_LINES = 8;

/**
 * Starts a server that says `ready` and its `url` in a line of JSON.
 * @throws {BenchError} `PROGRAM_ENDED` with what it said last, `PROGRAM_SILENT` after a minute
 */
export async function startProgram(main: keyof typeof MAIN, args: readonly string[] = []): Promise<Program> {
  const path = fileURLToPath(new URL(MAIN[main], import.meta.url));
  const child = spawn(process.execPath, [...NODE_OPTIONS[main], path, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return {
    url: await readyUrl(child, main),
    async peakRssMb() {
      const status = await readFile(`/proc/${child.pid}/status`, "utf8").catch(() => "");
      const peak = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
      return peak === undefined ? null : Number(peak) / 1024;
    },
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      await ended;
    },
  };
}

async function readyUrl(child: ChildProcess, name: string): Promise<string> {
  const ready = Promise.withResolvers<string>();
  const last: string[] = [];
  const keep = (line: string): void => void (last.push(line) > KEPT_LINES && last.shift());
  createInterface({ input: child.stderr! }).on("line", keep);
  createInterface({ input: child.stdout! }).on("line", (line) => {
    keep(line);
    const url = /^\{"ready":true.*"url":"([^"]+)"/.exec(line)?.[1];
    if (url !== undefined) ready.resolve(url);
  });
  child.once("close", (code) => {
    const said = last.join("\n  ");
    ready.reject(new BenchError("PROGRAM_ENDED", `${name} ended with status ${code}:\n  ${said}`));
  });
  const timer = setTimeout(() => {
    ready.reject(new BenchError("PROGRAM_SILENT", `${name} was not ready after ${READY_WITHIN_MS / 1000} s`));
  }, READY_WITHIN_MS);
  try {
    return await ready.promise;
  } finally {
    clearTimeout(timer);
  }
}
