/** `unreadable`: the file is not there or no JSON. `absent`: this ECU does not have what was asked of it. */
export type ProfileErrorCode =
  | "bad-field"
  | "contradiction"
  | "unknown-profile"
  | "unknown-algorithm"
  | "unreadable"
  | "absent";

/** A profile that cannot be used: which field, and why. */
export class ProfileError extends Error {
  override readonly name = "ProfileError";
  readonly code: ProfileErrorCode;
  /** Path of the field: `addressing.responseId`, `memory[1].length`. Empty where there is none. */
  readonly field: string;

  constructor(code: ProfileErrorCode, field: string, message: string, options?: { cause?: unknown }) {
    super(field === "" ? `ECU profile: ${message}` : `ECU profile, ${field}: ${message}`, options);
    this.code = code;
    this.field = field;
  }
}
