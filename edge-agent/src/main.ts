#!/usr/bin/env node
import type { Verb } from "./cli/options.ts";

/** Each verb is loaded when it is called: `status` needs no database. */
const VERBS: Readonly<Record<string, { readonly help: string; load(): Promise<Verb> }>> = {
  run: {
    help: "run the agent: updates, HMI, telemetry",
    load: async () => (await import("./cli/run.ts")).run,
  },
  status: {
    help: "what the running agent does",
    load: async () => (await import("./cli/status.ts")).status,
  },
  approve: {
    help: "answer the update that waits for the driver",
    load: async () => (await import("./cli/approve.ts")).approve,
  },
  hub: {
    help: "a CAN bus over TCP, for machines without CAN",
    load: async () => (await import("./cli/hub.ts")).hub,
  },
  flash: {
    help: "one ECU from a file, without any cloud",
    load: async () => (await import("./cli/flash.ts")).flash,
  },
  scan: {
    help: "which identifiers answer; an ECU's services, sessions and data",
    load: async () => (await import("./cli/scan.ts")).scan,
  },
  read: {
    help: "data identifiers of an ECU",
    load: async () => (await import("./cli/read.ts")).read,
  },
  write: {
    help: "a data identifier of an ECU",
    load: async () => (await import("./cli/write.ts")).write,
  },
  dtc: {
    help: "stored faults of an ECU",
    load: async () => (await import("./cli/dtc.ts")).dtc,
  },
  monitor: {
    help: "live frames of a bus, explained",
    load: async () => (await import("./cli/monitor.ts")).monitor,
  },
  explain: {
    help: "a candump log as a readable tree",
    load: async () => (await import("./cli/explain.ts")).explain,
  },
  doctor: {
    help: "adapters and interfaces, and what is wrong with them",
    load: async () => (await import("./cli/doctor.ts")).doctor,
  },
  provision: {
    help: "prepare a data folder",
    load: async () => (await import("./cli/provision.ts")).provision,
  },
};

const HELP = `usage: agent <verb> [options]

${Object.entries(VERBS)
  .map(([name, { help }]) => `  ${name.padEnd(10)} ${help}`)
  .join("\n")}

Each verb answers --help. Exit status: 0 done, 1 failed, 2 a wrong option or configuration.`;

const WRONG_USE = new Set([
  "OPTION_INVALID",
  "CONFIG_MISSING",
  "CONFIG_INVALID",
  "ROOT_INVALID",
  "PROFILE_INVALID",
  "DID_UNKNOWN",
  "bad-url",
  "unknown-driver",
]);

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === "--help" || name === "help") {
    console.log(HELP);
    return name === undefined ? 2 : 0;
  }
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (verb === undefined) {
    console.error(`error OPTION_INVALID: There is no verb "${name}".\nSee \`agent --help\`.`);
    return 2;
  }
  const action = await verb.load();
  return action(args);
}

/** Codes of lower layers are words with hyphens; a person sees one kind of code. */
const printed = (code: string): string => code.toUpperCase().replaceAll("-", "_");

/** Sentence, code and help; the stack of what nobody foresaw is shown on demand only. */
function explain(error: unknown): string {
  if (error instanceof Error && "code" in error) {
    const help = "help" in error && typeof error.help === "string" ? `\n${error.help}` : "";
    return `error ${printed(String(error.code))}: ${error.message}${help}`;
  }
  const stack = process.env["HALFSHAFT_DEBUG"] && error instanceof Error ? `\n${error.stack}` : "";
  const reason = error instanceof Error ? error.message : String(error);
  return `error INTERNAL: ${reason}\nThis is a fault of the program; run it with HALFSHAFT_DEBUG=1 and report it.${stack}`;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(explain(error));
  const isWrongUse = error instanceof Error && "code" in error && WRONG_USE.has(String(error.code));
  process.exitCode = isWrongUse ? 2 : 1;
}
