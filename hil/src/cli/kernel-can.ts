import { mkdirSync, realpathSync } from "node:fs";
import { parseArgs } from "node:util";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { HilError } from "../hil-error.ts";
import { runInGuest } from "../kernel-can/guest.ts";
import { probeKernel } from "../kernel-can/probe.ts";

const HELP = `usage: scripts/run.sh hil kernel-can [options] [--] COMMAND [ARGUMENT ...]

Runs the command where the kernel has CAN (vcan and ISO-TP): directly if this one has, else inside a small virtual machine
(QEMU and Debian's kernel, from Debian packages). The guest sees this machine's files at the same paths; what the command
writes there is discarded, except below --writable. Says on stderr which way it took.

  --writable DIR   may be written by the command in the guest (repeatable)
  --guest          take the guest even where this kernel would do
  --memory MIB     of the guest, default 1536
  --timeout S      after which the guest is stopped, default 1200

Exit status: that of the command; 69 where neither way is possible, with what is missing.`;

const OPTIONS = {
  writable: { type: "string", multiple: true },
  guest: { type: "boolean", default: false },
  memory: { type: "string", default: "1536" },
  timeout: { type: "string", default: "1200" },
  help: { type: "boolean", default: false },
} as const;

export async function kernelCan(args: readonly string[]): Promise<number> {
  const { own, command } = splitCommand(args);
  const { values } = parseArgs({ args: own, options: OPTIONS });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (command.length === 0)
    throw new HilError("BAD_OPTION", "No command is given.", { help: HELP.split("\n", 1)[0] });
  const probe = values.guest ? ({ usable: false, because: "--guest" } as const) : await probeKernel();
  if (probe.usable) {
    console.error("kernel-can: directly, this kernel has CAN");
    return runHere(command);
  }
  console.error(`kernel-can: in a guest (${probe.because})`);
  const result = await runInGuest({
    command,
    cwd: process.cwd(),
    environment: { ...process.env, KERNEL_CAN: "guest" },
    writable: (values.writable ?? []).map(existingFolder),
    memoryMiB: wholeNumber("--memory", values.memory),
    timeoutMs: wholeNumber("--timeout", values.timeout) * 1000,
    stdout: process.stdout,
    stderr: process.stderr,
  });
  console.error(`kernel-can: the command started ${result.startSeconds} s after power-on`);
  return result.status;
}

/** Options end at the first word that is none, so that the command's own options need no `--`. */
function splitCommand(args: readonly string[]): { own: string[]; command: readonly string[] } {
  let index = 0;
  while (index < args.length && args[index]?.startsWith("--") === true && args[index] !== "--") {
    const name = args[index]!.slice(2);
    const takesValue =
      Object.hasOwn(OPTIONS, name) && OPTIONS[name as keyof typeof OPTIONS].type === "string";
    index += takesValue ? 2 : 1;
  }
  return { own: args.slice(0, index), command: args.slice(args[index] === "--" ? index + 1 : index) };
}

async function runHere([file = "", ...args]: readonly string[]): Promise<number> {
  const child = spawn(file, args, { stdio: "inherit", env: { ...process.env, KERNEL_CAN: "direct" } });
  const [status, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return status ?? 128 + constants.signals[signal ?? "SIGTERM"];
}

function existingFolder(path: string): string {
  mkdirSync(path, { recursive: true });
  return realpathSync(path);
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new HilError("BAD_OPTION", `${option} takes a whole number above 0, not "${text}".`);
}
