import { DEFAULTS, environmentName, flagOf, SETTINGS, type CloudConfig } from "../config.ts";
import { VERBS } from "./verbs.ts";

export function run(): Promise<void> {
  const verbs = Object.entries(VERBS).map(([name, { what }]) => `  ${name.padEnd(14)}${what}`);
  const settings = (Object.keys(SETTINGS) as (keyof CloudConfig)[]).map((key) => {
    const flag = `--${flagOf(key)}`.padEnd(24);
    return `  ${flag}${SETTINGS[key].what} (${DEFAULTS[key] === "" ? "not used" : DEFAULTS[key]}; ${environmentName(key)})`;
  });
  console.log(["cloud VERB [OPTIONS]", "", ...verbs, "", "Options:", ...settings].join("\n"));
  return Promise.resolve();
}
