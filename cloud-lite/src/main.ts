#!/usr/bin/env node
import { requireMeantWords, type Verb, VERBS } from "./cli/verbs.ts";
import { readConfig } from "./config.ts";
import { Refusal } from "./refusals.ts";

/** A person gets code, sentence and help; the stack of what nobody foresaw is shown on demand only. */
function explain(error: unknown): string {
  if (error instanceof Refusal) return `${error.code}: ${error.message}\n${error.help}`;
  const reason = error instanceof Error ? error.message : String(error);
  const stack = process.env.HALFSHAFT_DEBUG && error instanceof Error ? `\n${error.stack}` : "";
  return `INTERNAL: ${reason}\nThis is a fault of the program; run it with HALFSHAFT_DEBUG=1 and report it.${stack}`;
}

async function main(args: readonly string[]): Promise<void> {
  const asksForHelp = args.includes("--help") || args.includes("-h");
  const named = verbNamed(args[0]);
  const isAboutVerb = asksForHelp && named !== undefined;
  const helpArgs = isAboutVerb ? ["help", args[0]!] : ["help"];
  const [name = "help", ...rest] = asksForHelp && named?.readsOptions !== true ? helpArgs : args;
  const verb = verbNamed(name);
  if (!verb) throw new Refusal("VERB_UNKNOWN", { verb: name });
  const given = verb.readsOptions === true ? [] : rest;
  const { config, words, options } = readConfig(given, process.env, Object.keys(verb.options ?? {}));
  requireMeantWords(name, verb, words);
  const { run } = await verb.load();
  await run({ config, words: verb.readsOptions === true ? rest : words, options });
}

/** Who pipes an answer into `head` has read enough; what a verb does, it finishes all the same. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const verbNamed = (name = "help"): Verb | undefined => (Object.hasOwn(VERBS, name) ? VERBS[name] : undefined);

const WRONG_OPTIONS: ReadonlySet<string> = new Set([
  "VERB_UNKNOWN",
  "WORD_MISSING",
  "WORD_UNEXPECTED",
  "OPTION_INVALID",
  "CLOUD_CONFIG_INVALID",
]);

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(explain(error));
  const isWrongOption = error instanceof Refusal && WRONG_OPTIONS.has(error.code);
  process.exitCode = isWrongOption ? 2 : 1;
}
