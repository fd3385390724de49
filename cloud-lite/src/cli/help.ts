import { DEFAULTS, environmentName, flagOf, SETTINGS, type CloudConfig } from "../config.ts";
import { Refusal } from "../refusals.ts";
import type { Invocation } from "./invocation.ts";
import { VERBS, type Verb } from "./verbs.ts";

/** All verbs and settings, or one verb with its own. */
export function run({ words: [name] }: Invocation): Promise<void> {
  if (name !== undefined && !Object.hasOwn(VERBS, name)) throw new Refusal("VERB_UNKNOWN", { verb: name });
  console.log((name === undefined ? helpOfAll() : helpOf(name, VERBS[name]!)).join("\n"));
  return Promise.resolve();
}

function helpOfAll(): string[] {
  const verbs = Object.entries(VERBS).map(([name, { words, what }]) =>
    row(name, 14, words === undefined ? what : `${name} ${words}: ${what}`),
  );
  return ["cloud VERB [OPTIONS]", "", ...verbs, "", "Options:", ...ALL.map(setting)];
}

function helpOf(name: string, { words, what, options = {}, settings = ALL }: Verb): string[] {
  const usage = ["cloud", name, words, settings.length > 0 ? "[OPTIONS]" : undefined];
  const own = Object.entries(options).map(([option, text]) => row(`--${option}`, 24, text));
  const rows = [...own, ...settings.map(setting)];
  const list = rows.length > 0 ? ["", "Options:", ...rows] : [];
  return [usage.filter((part) => part !== undefined).join(" "), "", what, ...list];
}

const ALL = Object.keys(SETTINGS) as (keyof CloudConfig)[];

const row = (name: string, width: number, text: string): string => `  ${name.padEnd(width)}${text}`;

function setting(key: keyof CloudConfig): string {
  const fallback = DEFAULTS[key] === "" ? "not used" : DEFAULTS[key];
  return row(`--${flagOf(key)}`, 24, `${SETTINGS[key].what} (${fallback}; ${environmentName(key)})`);
}
