export type HilErrorCode = "BAD_OPTION" | "MISSING" | "GUEST_DIED" | "TIMED_OUT" | "TOOL_FAILED";

/** What stopped a run on hardware or in a guest: a sentence with its operands, a code, and what to do. */
export class HilError extends Error {
  override readonly name = "HilError";
  readonly code: HilErrorCode;
  readonly help: string | undefined;

  constructor(code: HilErrorCode, message: string, options?: { help?: string; cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.help = options?.help;
  }
}
