#!/usr/bin/env node
import { BenchError } from "./bench-error.ts";

/** A verb answers its exit status. */
type Verb = (args: readonly string[]) => Promise<number>;

const VERBS: Readonly<Record<string, { readonly help: string; load(): Promise<Verb> }>> = {
  demo: { help: "one update, end to end", load: async () => (await import("./cli/demo.ts")).demo },
  bus: {
    help: "throughput of a flash against the physical limit",
    load: async () => (await import("./cli/bus.ts")).bus,
  },
  delta: {
    help: "sizes, times and memory of patches, beside other tools",
    load: async () => (await import("./cli/delta.ts")).delta,
  },
  "delta-power": {
    help: "ECU deltas over a bus: bytes saved, and power cuts at random bytes",
    load: async () => (await import("./cli/delta-power.ts")).deltaPower,
  },
};

const HELP = `usage: scripts/run.sh bench <verb> [options]

${Object.entries(VERBS)
  .map(([name, { help }]) => `  ${name.padEnd(11)} ${help}`)
  .join("\n")}

Each verb answers --help. Exit status: 0 done, 1 failed, 2 a wrong option, 130 interrupted.`;

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "help") {
    console.log(HELP);
    return name === undefined ? 2 : 0;
  }
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (verb === undefined) {
    throw new BenchError("BAD_OPTION", `There is no verb "${name}".`, {
      help: "See scripts/run.sh bench --help.",
    });
  }
  return await (
    await verb.load()
  )(rest);
}

const EXIT_STATUS: Partial<Record<string, number>> = { BAD_OPTION: 2, INTERRUPTED: 130 };

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Error && "code" in error)) throw error;
  console.error(`error ${String(error.code)}: ${error.message}`);
  if ("help" in error && typeof error.help === "string") console.error(error.help);
  process.exitCode = EXIT_STATUS[String(error.code)] ?? 1;
}
