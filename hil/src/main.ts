#!/usr/bin/env node
import { HilError } from "./hil-error.ts";

/** A verb answers its exit status. */
type Verb = (args: readonly string[]) => Promise<number>;

const VERBS: Readonly<Record<string, { readonly help: string; load(): Promise<Verb> }>> = {
  "kernel-can": {
    help: "run a command where the kernel has CAN: here, else in a small virtual machine",
    load: async () => (await import("./cli/kernel-can.ts")).kernelCan,
  },
  "measure-socketcan": {
    help: "frames per second and CPU of the SocketCAN driver, beside can-utils",
    load: async () => (await import("./cli/measure-socketcan.ts")).measureSocketCan,
  },
};

const HELP = `usage: scripts/run.sh hil <verb> [options]

${Object.entries(VERBS)
  .map(([name, { help }]) => `  ${name.padEnd(18)} ${help}`)
  .join("\n")}

Each verb answers --help. Exit status: 0 done, 1 failed, 2 a wrong option, 69 what is needed is missing; kernel-can: that of
the command.`;

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "help") {
    console.log(HELP);
    return name === undefined ? 2 : 0;
  }
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (verb === undefined) {
    throw new HilError("BAD_OPTION", `There is no verb "${name}".`, {
      help: "See scripts/run.sh hil --help.",
    });
  }
  return await (
    await verb.load()
  )(rest);
}

/** 69 is EX_UNAVAILABLE of sysexits.h: a caller can tell "could not be tried" from "failed". */
const EXIT_STATUS: Partial<Record<string, number>> = { BAD_OPTION: 2, MISSING: 69 };

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Error && "code" in error)) throw error;
  console.error(`error ${String(error.code)}: ${error.message}`);
  if ("help" in error && typeof error.help === "string") console.error(error.help);
  process.exitCode = EXIT_STATUS[String(error.code)] ?? 1;
}
