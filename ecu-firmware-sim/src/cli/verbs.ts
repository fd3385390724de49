import { profiles } from "@halfshaft/vehicle-net/ecu";
import { faultNames } from "../faults.ts";
import { CliError } from "./cli-error.ts";

interface Verb {
  readonly what: string;
  readonly usage: string;
  readonly load: () => Promise<{ run: (args: readonly string[]) => Promise<void> }>;
}

/** One file per verb, loaded when it is called. */
const verbs: Readonly<Record<string, Verb>> = {
  provision: {
    what: "make an ECU in a folder, with an image committed in bank A",
    usage:
      "--profile PROFILE --serial ID --state DIR --image FILE --descriptor FILE --public-key FILE [--force]",
    load: () => import("./provision.ts"),
  },
  run: {
    what: "power it on and put it on a bus until SIGTERM; prints a line of JSON when it answers",
    usage: "--state DIR --bus URL [--profile PROFILE] [--fault NAME]…",
    load: () => import("./run.ts"),
  },
  show: {
    what: "show version, banks, boot state and wear from the ECU's own storage",
    usage: "--state DIR [--json]",
    load: () => import("./show.ts"),
  },
};

/** Runs the verb that the first argument names. Throws what `explain` explains. */
export async function command([name, ...rest]: readonly string[]): Promise<void> {
  if (name === undefined || name === "help" || name === "--help" || rest.includes("--help")) {
    console.log(helpText());
    return;
  }
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (verb === undefined) throw new CliError("unknown-verb", `there is no verb "${name}"`, "See ecu --help.");
  const { run } = await verb.load();
  await run(rest);
}

const helpText = (): string =>
  [
    "usage: scripts/run.sh ecu VERB [OPTIONS]",
    "",
    ...Object.entries(verbs).flatMap(([name, { what, usage }]) => [`  ${name} ${usage}`, `      ${what}`]),
    "",
    `Profiles: ${profiles.map((profile) => profile.name).join(", ")}, or FILE.json. Faults: ${faultNames.join(", ")}.`,
    "Exit status: 0 done, 1 failed, 2 a wrong option.",
  ].join("\n");
