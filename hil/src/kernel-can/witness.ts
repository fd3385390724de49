import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { realClock } from "@halfshaft/vehicle-net/clock";
import { HilError } from "../hil-error.ts";
import { findTool } from "./run-tool.ts";

const LISTENING_TIMEOUT_MS = 20_000;
const POLL_MS = 10;

/** A program of somebody else's that listens on an interface, and the lines that it prints. */
export class Witness {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcessByStdio<null, Readable, Readable>) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /**
   * Starts it and returns when it listens to `interfaceName`, on which nobody else may listen yet.
   * @throws {HilError} `TOOL_FAILED` where it does not come to that.
   */
  static async listening(interfaceName: string, command: readonly [string, ...string[]]): Promise<Witness> {
    const [program, ...args] = command;
    const child = spawn(findTool(program) ?? program, args, { stdio: ["ignore", "pipe", "pipe"] });
    const witness = new Witness(child);
    const giveUpMs = realClock.now() + LISTENING_TIMEOUT_MS;
    while (!(await hasListener(interfaceName))) {
      if (child.exitCode !== null || realClock.now() > giveUpMs) {
        await witness.stop();
        throw new HilError("TOOL_FAILED", `"${command.join(" ")}" does not listen to ${interfaceName}.`);
      }
      await realClock.sleep(POLL_MS);
    }
    return witness;
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new HilError("TOOL_FAILED", `"${this.#child.spawnargs.join(" ")}" ended.`);
    return value;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, "close");
    // Not asked to end: canbusload may keep that signal out as long as no frame comes.
    this.#child.kill("SIGKILL");
    await closed;
  }
}

/** The kernel lists in /proc/net/can who receives what on which interface. */
async function hasListener(interfaceName: string): Promise<boolean> {
  const lists = (await readdir("/proc/net/can")).filter((name) => name.startsWith("rcvlist_"));
  const texts = await Promise.all(lists.map((name) => readFile(`/proc/net/can/${name}`, "utf8")));
  return texts.some((text) => new RegExp(`^ +${interfaceName} +\\S`, "mu").test(text));
}
