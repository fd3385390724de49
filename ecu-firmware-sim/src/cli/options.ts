import { parseArgs, type ParseArgsConfig } from "node:util";
import { CliError } from "./cli-error.ts";

/** The options of a verb; nothing else may stand on the line. @throws {CliError} `bad-option` */
export function readOptions<const T extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: T,
) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError("bad-option", reason, "See ecu --help.", { cause });
  }
}

/** @throws {CliError} `bad-option` naming the option that is missing. */
export function required(value: string | undefined, option: string): string {
  if (value !== undefined && value !== "") return value;
  throw new CliError("bad-option", `--${option} is missing`, "See ecu --help.");
}
