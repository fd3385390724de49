export type ProfileErrorCode = "bad-field" | "contradiction" | "unknown-profile" | "unknown-algorithm";

/** A profile that cannot be used: which field, and why. */
export class ProfileError extends Error {
  override readonly name = "ProfileError";
  readonly code: ProfileErrorCode;
  /** Path of the field: `addressing.responseId`, `memory[1].length`. Empty where there is none. */
  readonly field: string;

  constructor(code: ProfileErrorCode, field: string, message: string) {
    super(field === "" ? `ECU profile: ${message}` : `ECU profile, ${field}: ${message}`);
    this.code = code;
    this.field = field;
  }
}
