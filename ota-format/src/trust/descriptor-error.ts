export type DescriptorErrorCode = "truncated" | "bad-magic" | "bad-field" | "bad-signature";

/** A descriptor that cannot be read or is not signed by the key that the ECU trusts. */
export class DescriptorError extends Error {
  override readonly name = "DescriptorError";
  readonly code: DescriptorErrorCode;

  constructor(code: DescriptorErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
