import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { BenchError } from "../../bench-error.ts";

const run = promisify(execFile);
const GNU_TIME = "/usr/bin/time";
const KIB = 1024;

/**
 * Blocks meanwhile: asked in any other way, Node takes milliseconds more to start a program and to hear of its end.
 * @throws {BenchError} `PROGRAM_ENDED` where it fails
 */
export function runTool(command: string, args: readonly string[]): void {
  const { status, error, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status === 0) return;
  throw new BenchError("PROGRAM_ENDED", `${command} ${args.join(" ")} failed: ${stderr}`, { cause: error });
}

/** Whether the shell would find it. */
export async function isInstalled(command: string): Promise<boolean> {
  return await run("sh", ["-c", 'command -v "$1"', "sh", command]).then(
    () => true,
    () => false,
  );
}

/** Peak resident memory of one run, in bytes, as GNU time tells; null where that is not installed. */
export async function peakMemoryOf(command: string, args: readonly string[]): Promise<number | null> {
  if (!(await isInstalled(GNU_TIME))) return null;
  const { stderr } = await run(GNU_TIME, ["-f", "%M", command, ...args]);
  return Number(stderr.trim().split("\n").at(-1)) * KIB;
}
