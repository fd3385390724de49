import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { HilError } from "../hil-error.ts";

/** Debian keeps administrators' tools in folders that a user's PATH lacks. */
const FOLDERS = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin", "/usr/local/sbin"];

/** The path of a program, undefined where it is not installed. */
export function findTool(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Runs a program to its end and returns what it printed.
 * @throws {HilError} `MISSING` where it is not installed, `TOOL_FAILED` with what it said on stderr.
 */
export async function runTool(
  name: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly input?: Uint8Array | string } = {},
): Promise<Uint8Array> {
  const file = findTool(name);
  if (file === undefined) throw new HilError("MISSING", `The program ${name} is not installed.`);
  const child = spawn(file, args, { cwd: options.cwd, stdio: ["pipe", "pipe", "pipe"] });
  // A program that ends before it has read everything (a decompressor with trailing bytes) is no failure of ours.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input);
  const ended = once(child, "close");
  const [output, complaint] = await Promise.all([buffer(child.stdout), text(child.stderr)]);
  const [status] = (await ended) as [number | null];
  if (status !== 0) {
    const command = [name, ...args].join(" ");
    throw new HilError("TOOL_FAILED", `"${command}" ended with ${status}: ${complaint.trim().slice(-400)}`);
  }
  return output;
}
