export type BenchErrorCode =
  | "BAD_OPTION"
  | "PORT_TAKEN"
  | "PROGRAM_ENDED"
  | "PROGRAM_SILENT"
  | "CLOUD_REFUSED"
  | "TIMED_OUT"
  | "UNEXPECTED_RESULT"
  | "INTERRUPTED";

/** What stopped a bench run: a sentence with its operands, a code, and what to do. */
export class BenchError extends Error {
  override readonly name = "BenchError";
  readonly code: BenchErrorCode;
  readonly help: string | undefined;

  constructor(code: BenchErrorCode, message: string, options?: { help?: string; cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.help = options?.help;
  }
}
