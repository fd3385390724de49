import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { BenchError } from "../bench-error.ts";

/** The programs of the house, as processes of their own. */
const PROGRAMS = {
  agent: "../../../edge-agent/src/main.ts",
  cloud: "../../../cloud-lite/src/main.ts",
  ecu: "../../../ecu-firmware-sim/src/main.ts",
} as const;
export type Program = keyof typeof PROGRAMS;

const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 5_000;

interface RunningChild {
  readonly name: string;
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
}

/**
 * Starts programs, keeps their output in files and stops them all in the reverse order. Nothing it starts
 * outlives it: the children share this process's group, and each is killed if it does not stop by itself.
 */
export class Children {
  readonly #logFolder: string;
  readonly #running: RunningChild[] = [];
  readonly #stop = new AbortController();
  /** Called when a child ends before it is asked to. */
  onUnexpectedEnd: (error: BenchError) => void = () => {};

  constructor(logFolder: string) {
    this.#logFolder = logFolder;
  }

  /** Aborts when everything is being stopped: from then on nothing is started any more. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /**
   * Starts a program that prints one JSON line with `ready: true` on its standard output.
   * @returns that line.
   * @throws {BenchError} `PROGRAM_ENDED` with what it said last, or `PROGRAM_SILENT` after 30 s.
   */
  async start(name: string, program: Program, args: readonly string[]): Promise<Record<string, unknown>> {
    const child = this.#spawn(program, args);
    const log = createWriteStream(join(this.#logFolder, `${name}.log`));
    const lastLines: string[] = [];
    const ready = Promise.withResolvers<Record<string, unknown>>();
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface({ input: stream }).on("line", (line) => {
        log.write(`${line}\n`);
        lastLines.push(line);
        if (lastLines.length > 8) lastLines.shift();
        const message = parseReady(line);
        if (message !== undefined) ready.resolve(message);
      });
    }
    const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
    this.#running.push({ name, process: child, ended });
    void ended.then((code) => {
      log.end();
      if (this.signal.aborted) return;
      const error = endedError(name, code, lastLines);
      ready.reject(error);
      this.onUnexpectedEnd(error);
    });
    const timer = setTimeout(
      () =>
        ready.reject(
          new BenchError("PROGRAM_SILENT", `${name} was not ready after ${READY_WITHIN_MS / 1000} s`),
        ),
      READY_WITHIN_MS,
    );
    try {
      return await ready.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Runs a program to its end.
   * @returns what it wrote to its standard output.
   * @throws {BenchError} `PROGRAM_ENDED` where its exit status is not 0.
   */
  async run(name: string, program: Program, args: readonly string[]): Promise<string> {
    const child = this.#spawn(program, args);
    let stdout = "";
    let stderr = "";
    child.stdout!.on("data", (chunk) => (stdout += String(chunk)));
    child.stderr!.on("data", (chunk) => (stderr += String(chunk)));
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    if (code !== 0)
      throw endedError(name, code, [...stdout.split("\n"), ...stderr.split("\n")].filter(Boolean).slice(-8));
    return stdout;
  }

  /** Stops every program, the last one started first; kills what does not end within 5 s. Idempotent. */
  async stopAll(): Promise<void> {
    this.#stop.abort(new BenchError("INTERRUPTED", "everything is being stopped"));
    for (const child of this.#running.toReversed()) {
      child.process.kill("SIGTERM");
      const timer = setTimeout(() => child.process.kill("SIGKILL"), STOP_WITHIN_MS);
      await child.ended;
      clearTimeout(timer);
    }
    this.#running.length = 0;
  }

  #spawn(program: Program, args: readonly string[]): ChildProcess {
    this.signal.throwIfAborted();
    const main = fileURLToPath(new URL(PROGRAMS[program], import.meta.url));
    // A Ctrl-C must reach the children through stopAll, in order, not through the terminal: hence a group of their own.
    return spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"], detached: true });
  }
}

function parseReady(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const message = JSON.parse(line) as Record<string, unknown>;
    return message.ready === true ? message : undefined;
  } catch {
    return undefined;
  }
}

function endedError(name: string, code: number | null, lastLines: readonly string[]): BenchError {
  return new BenchError(
    "PROGRAM_ENDED",
    `${name} ended with status ${code ?? "of a signal"}:\n  ${lastLines.join("\n  ")}`,
  );
}
