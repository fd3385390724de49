import { parseArgs, type ParseArgsConfig } from "node:util";
import { AgentError } from "../agent-error.ts";

/** A verb answers its exit status. */
export type Verb = (args: readonly string[]) => Promise<number>;

type Options = NonNullable<ParseArgsConfig["options"]>;

/** Reads the options of a verb. @throws {AgentError} `OPTION_INVALID` naming the option */
export function readOptions<O extends Options>(verb: string, args: readonly string[], options: O) {
  const { values, positionals } = readArguments(verb, args, options);
  if (positionals.length === 0) return values;
  throw optionInvalid(verb, `"${positionals[0]}" is no option.`);
}

/** Reads the options of a verb, and what stands between them. @throws {AgentError} `OPTION_INVALID` */
export function readArguments<O extends Options>(verb: string, args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
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

/** Hex digits with or without `0x`. */
export function hexNumber(verb: string, option: string, text: string, largest: number): number {
  const value = Number.parseInt(text.replace(/^0x/i, ""), 16);
  if (/^(0x)?[0-9a-f]+$/i.test(text) && value <= largest) return value;
  const last = largest.toString(16).toUpperCase();
  throw optionInvalid(verb, `--${option} takes hex digits up to ${last}, not "${text}".`);
}

/** `700-7FF`, or one number; both ends belong to it. */
export function hexRange(
  verb: string,
  option: string,
  text: string,
  largest: number,
): { readonly first: number; readonly last: number } {
  const [from = "", to = from] = text.split("-", 2);
  const first = hexNumber(verb, option, from, largest);
  const last = hexNumber(verb, option, to, largest);
  if (first <= last) return { first, last };
  throw optionInvalid(verb, `--${option} takes a range from low to high, not "${text}".`);
}

export const optionInvalid = (verb: string, sentence: string, cause?: unknown): AgentError =>
  new AgentError("OPTION_INVALID", sentence, `See \`agent ${verb} --help\`.`, { cause });
