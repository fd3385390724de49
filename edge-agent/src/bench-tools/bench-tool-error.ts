import { failureHelp, type FailureName, type FailureRecord, failureSentence } from "@halfshaft/ota-format";

export type BenchToolErrorCode =
  | FailureName
  | "PROFILE_INVALID"
  | "FILE_UNREADABLE"
  | "IMAGE_INVALID"
  | "DESCRIPTOR_MISSING"
  | "DESCRIPTOR_MISMATCH"
  | "HARDWARE_MISMATCH"
  | "DID_UNKNOWN"
  | "DID_READ_BACK_DIFFERS"
  | "ECU_REFUSED"
  | "ECU_NO_ANSWER"
  | "ECU_ANSWER_MALFORMED"
  | "ISOTP_OPTION_INVALID"
  | "CAPTURE_DAMAGED"
  | "BUS_LOST"
  | "INTERRUPTED";

/** What keeps a tool of the bench from doing its work: a sentence for a person, and what to do. */
export class BenchToolError extends Error {
  override readonly name = "BenchToolError";
  readonly code: BenchToolErrorCode;
  readonly help: string;

  constructor(code: BenchToolErrorCode, message: string, help: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.help = help;
  }
}

/** A failure of the update life cycle, with the words that HMI and console have for it. */
export const failureError = ({ code, operands }: FailureRecord, cause?: unknown): BenchToolError =>
  new BenchToolError(code, failureSentence(code, operands), failureHelp(code, operands), { cause });
