import { BenchError } from "../bench-error.ts";

/** A verb answers its exit status. */
export type Verb = (args: readonly string[]) => Promise<number>;

/** A command-line program of verbs; each is loaded when it is called. */
export interface Program {
  /** As `scripts/run.sh` knows it. */
  readonly name: string;
  readonly verbs: Readonly<Record<string, { readonly help: string; load(): Promise<Verb> }>>;
  /** What the exit status says, for the help text. */
  readonly exitStatusHelp: string;
  /** Exit status by the code of an error; 1 for all others. */
  readonly exitStatus: Readonly<Partial<Record<string, number>>>;
}

/** Runs a program to its end and sets the exit status of this process. A person gets sentence, code and help. */
export async function runProgram(program: Program, args: readonly string[]): Promise<void> {
  try {
    process.exitCode = await callVerb(program, args);
  } catch (error) {
    const { code, help } = described(error, program.name);
    console.error(`error ${code}: ${error instanceof Error ? error.message : String(error)}`);
    console.error(help);
    process.exitCode = program.exitStatus[code] ?? 1;
  }
}

async function callVerb(program: Program, [name, ...rest]: readonly string[]): Promise<number> {
  if (name === undefined || name === "--help" || name === "help") {
    console.log(helpText(program));
    return name === undefined ? 2 : 0;
  }
  const verb = Object.hasOwn(program.verbs, name) ? program.verbs[name] : undefined;
  if (verb === undefined) {
    const help = `See scripts/run.sh ${program.name} --help.`;
    throw new BenchError("BAD_OPTION", `There is no verb "${name}".`, { help });
  }
  const run = await verb.load();
  return await run(rest);
}

function helpText({ name, verbs, exitStatusHelp }: Program): string {
  const width = Math.max(...Object.keys(verbs).map((verb) => verb.length));
  const lines = Object.entries(verbs).map(([verb, { help }]) => `  ${verb.padEnd(width)}  ${help}`);
  return `usage: scripts/run.sh ${name} <verb> [options]\n\n${lines.join("\n")}\n\nEach verb answers --help. ${exitStatusHelp}`;
}

/** An error without a code is a fault of the program: its stack is shown on demand only. */
function described(error: unknown, name: string): { code: string; help: string } {
  if (error instanceof Error && "code" in error) {
    // node:util's parseArgs names the option in its message.
    if (String(error.code).startsWith("ERR_PARSE_ARGS")) {
      return { code: "BAD_OPTION", help: `See scripts/run.sh ${name} <verb> --help.` };
    }
    const help = "help" in error && typeof error.help === "string" ? error.help : "";
    return { code: String(error.code), help };
  }
  const stack = process.env["HALFSHAFT_DEBUG"] && error instanceof Error ? `\n${error.stack}` : "";
  return {
    code: "INTERNAL",
    help: `This is a fault of the program; run it with HALFSHAFT_DEBUG=1 and report it.${stack}`,
  };
}
