import { parseArgs, type ParseArgsConfig } from "node:util";
import { AgentError } from "../agent-error.ts";

/** A verb answers its exit status. */
export type Verb = (args: readonly string[]) => Promise<number>;

type Options = NonNullable<ParseArgsConfig["options"]>;

/** Reads the options of a verb. @throws {AgentError} `OPTION_INVALID` naming the option */
export function readOptions<O extends Options>(verb: string, args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split(". ")[0] : "an option is wrong";
    throw optionInvalid(verb, `${reason}.`, cause);
  }
}

/** @throws {AgentError} `OPTION_INVALID` where it was left out */
export function required(verb: string, option: string, value: string | undefined): string {
  if (value === undefined || value === "") throw optionInvalid(verb, `--${option} is missing.`);
  return value;
}

export function wholeNumber(verb: string, option: string, text: string, largest: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= largest) return value;
  throw optionInvalid(verb, `--${option} takes a whole number from 0 to ${largest}, not "${text}".`);
}

export const optionInvalid = (verb: string, sentence: string, cause?: unknown): AgentError =>
  new AgentError("OPTION_INVALID", sentence, `See \`agent ${verb} --help\`.`, { cause });
