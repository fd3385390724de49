import type { Operands } from "@halfshaft/ota-format";

/**
 * `no-answer`: the ECU fell silent. `transfer-lost`: a block did not get through. `refused`: a negative response.
 * `security-denied`: the ECU stayed locked. `image-rejected`: the ECU checked the image and did not take it.
 * `not-started`: a routine of activation, commit or revert said no.
 */
export type InstallerFault =
  | "no-answer"
  | "transfer-lost"
  | "refused"
  | "security-denied"
  | "image-rejected"
  | "not-started";

/** What went wrong with one ECU; the operands are those of the failure codes. */
export class InstallerError extends Error {
  override readonly name = "InstallerError";
  readonly fault: InstallerFault;
  readonly operands: Operands;

  constructor(fault: InstallerFault, message: string, operands: Operands, options?: { cause?: unknown }) {
    super(message, options);
    this.fault = fault;
    this.operands = operands;
  }
}
