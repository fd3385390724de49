export type DeltaErrorCode =
  | "bad-magic"
  | "bad-header"
  | "truncated"
  | "bad-compression"
  | "bad-checksum"
  | "bad-length"
  | "bad-offset"
  | "too-large"
  | "trailing-bytes"
  | "base-mismatch"
  | "result-mismatch"
  | "worker-failed";

/** A delta that cannot be made, read or applied; nothing of its result may be used. */
export class DeltaError extends Error {
  override readonly name = "DeltaError";
  readonly code: DeltaErrorCode;

  constructor(code: DeltaErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
