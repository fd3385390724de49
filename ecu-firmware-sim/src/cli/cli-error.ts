export type CliErrorCode = "bad-option" | "unknown-verb" | "unreadable-file" | "bad-key-file" | "bus-lost";

/** What the command line was asked for cannot be done; `help` says what to do. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: CliErrorCode;
  readonly help: string;

  constructor(code: CliErrorCode, message: string, help: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.help = help;
  }
}
