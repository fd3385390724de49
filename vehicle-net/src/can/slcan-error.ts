export type SlcanErrorCode =
  | "unknown-command"
  | "bad-length"
  | "bad-digit"
  | "bad-identifier"
  | "bad-dlc"
  | "remote-frame";

/** A line that is no SLCAN of the dialects spoken here; the other end sent it, so it is named in full. */
export class SlcanError extends Error {
  override readonly name = "SlcanError";
  readonly code: SlcanErrorCode;
  readonly line: string;

  constructor(code: SlcanErrorCode, line: string, because: string) {
    super(`SLCAN line ${JSON.stringify(line)}: ${because}`);
    this.code = code;
    this.line = line;
  }
}
