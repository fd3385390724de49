import type { FailureName, Operands } from "@halfshaft/ota-format";

export type RepositoryName = "Director" | "Image";

/** Codes that metadata can fail with. */
export type TrustFailure = Extract<
  FailureName,
  | "PLAN_METADATA_EXPIRED"
  | "PLAN_METADATA_ROLLBACK"
  | "PLAN_METADATA_UNTRUSTED"
  | "PLAN_METADATA_UNREACHABLE"
  | "PLAN_METADATA_INVALID"
  | "PLAN_TARGETS_DISAGREE"
  | "PLAN_TARGETS_STALE"
>;

/** Signed metadata cannot be used; nothing may be planned on it. */
export class TrustError extends Error {
  override readonly name = "TrustError";
  readonly failure: TrustFailure;
  readonly operands: Operands;

  constructor(failure: TrustFailure, operands: Operands, options?: ErrorOptions) {
    super(`${failure} ${JSON.stringify(operands)}`, options);
    this.failure = failure;
    this.operands = operands;
  }
}
