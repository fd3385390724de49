export type ClockErrorCode = "idle" | "cap-exceeded" | "too-late" | "not-held";

/** A virtual clock's finding: what was expected, what was found at which time, and what was still pending. */
export class ClockError extends Error {
  override readonly name = "ClockError";
  readonly code: ClockErrorCode;

  constructor(code: ClockErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
