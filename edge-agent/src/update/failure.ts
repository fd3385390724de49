import type { FailureName, FailureRecord, Operands, Stage } from "@halfshaft/ota-format";
import { DeltaError } from "@halfshaft/ota-format/delta";
import { CanError } from "@halfshaft/vehicle-net/can";
import { causeOf, messageOf } from "../causes.ts";
import { UnknownEcu } from "../ecus/ecu-access.ts";
import { HttpError } from "../http/http-error.ts";
import { InstallerError, type InstallerFault } from "../installer/installer-error.ts";
import { StagingError } from "../staging-error.ts";
import { TrustError } from "../trust/trust-error.ts";

/** A step ended with a failure that has a code; it travels as `record`, its sentence is made where it is read. */
export class UpdateFailure extends Error {
  override readonly name = "UpdateFailure";
  readonly record: FailureRecord;

  constructor(record: FailureRecord, options?: ErrorOptions) {
    super(record.code, options);
    this.record = record;
  }
}

/** What was being done when an error came. */
export interface FailureContext {
  readonly stage: Stage;
  readonly busUrl: string;
  /** The ECU that it is about, where there is one. */
  readonly ecu?: { readonly ecuId: string; readonly name: string };
}

/** The one mapping of the errors below to failure codes. */
export function failureOf(error: unknown, context: FailureContext): FailureRecord {
  const { ecu, busUrl } = context;
  const about = ecu === undefined ? {} : { ecuId: ecu.ecuId };
  if (error instanceof UpdateFailure) return { ...about, ...error.record };
  const busError = causeOf(error, CanError);
  if (busError !== undefined) {
    return { code: "FLASH_BUS_UNAVAILABLE", operands: { url: busUrl, reason: busError.message }, ...about };
  }
  if (error instanceof InstallerError) return { ...ofInstaller(error, context), ...about };
  if (error instanceof UnknownEcu) return { code: "PLAN_ECU_UNKNOWN", operands: { ecuId: error.ecuId } };
  if (error instanceof TrustError) return { code: error.failure, operands: error.operands };
  if (error instanceof StagingError && error.code === "no-space") {
    return { code: "DOWNLOAD_NO_SPACE", operands: { free: error.freeBytes, needed: error.neededBytes } };
  }
  if (error instanceof HttpError) return ofHttp(error, context);
  return { code: "AGENT_INTERNAL", operands: { reason: messageOf(error) }, ...about };
}

const codes: Readonly<Record<InstallerFault, FailureName>> = {
  "no-answer": "FLASH_NO_ANSWER",
  "transfer-lost": "FLASH_TRANSFER_LOST",
  refused: "FLASH_REFUSED",
  "security-denied": "FLASH_SECURITY_DENIED",
  "image-rejected": "FLASH_IMAGE_REJECTED",
  "not-started": "FLASH_REFUSED",
};

function ofInstaller(error: InstallerError, { stage, ecu }: FailureContext): FailureRecord {
  const name = ecu?.name ?? "";
  const reason = messageOf(error);
  if (stage === "plan") return { code: "PLAN_ECU_NO_ANSWER", operands: { name, ecuId: ecu?.ecuId ?? "" } };
  if (stage === "activate") return { code: "ACTIVATE_REFUSED", operands: { name, reason } };
  if (stage === "confirm") {
    return error.fault === "no-answer"
      ? { code: "CONFIRM_NO_ANSWER", operands: { name } }
      : { code: "CONFIRM_UNHEALTHY", operands: { name, version: "", reason } };
  }
  // The one routine of a programming sequence that says no without being about the image.
  const isRefusal = error.fault === "not-started";
  const refusal: Operands = isRefusal ? { operation: "checkPreconditions", nrc: reason } : {};
  const operands: Operands = { ...refusal, ...error.operands, name };
  return { code: codes[error.fault], operands };
}

function ofHttp(error: HttpError, { stage }: FailureContext): FailureRecord {
  const reason = error.message;
  if (stage === "report") return { code: "REPORT_UNDELIVERED", operands: { reason } };
  return error.isUnauthorised
    ? { code: "OFFER_UNAUTHORISED", operands: {} }
    : { code: "OFFER_UNREACHABLE", operands: { url: error.url, reason } };
}

/**
 * Why an ECU did not take its delta: its active bank is not the base, or it refused the transfer or what came of it; or
 * the patches of its segments cannot be told apart.
 * Undefined where the full image would not get through either.
 */
export function deltaRefusal(error: unknown, name: string): FailureRecord | undefined {
  const code = "FLASH_DELTA_REFUSED";
  // The installer wanted the image itself, which was not downloaded.
  if (error instanceof StagingError && error.code === "missing") {
    return { code, operands: { name, reason: "its active bank does not hold the base" } };
  }
  const isRefusal =
    error instanceof InstallerError && (error.fault === "refused" || error.fault === "image-rejected");
  const isUnusable = error instanceof DeltaError;
  return isRefusal || isUnusable ? { code, operands: { name, reason: messageOf(error) } } : undefined;
}

/** Why a delta was of no use; undefined where the error is not about the delta. */
export function patchFailure(
  error: unknown,
  delta: { readonly name: string; readonly target: string; readonly baseSha256: string },
): FailureRecord | undefined {
  const { name, target, baseSha256 } = delta;
  if (error instanceof StagingError && error.code === "missing") {
    return { code: "PATCH_BASE_MISSING", operands: { name, baseSha256 } };
  }
  if (!(error instanceof DeltaError)) return undefined;
  switch (error.code) {
    case "base-mismatch":
      return { code: "PATCH_BASE_MISSING", operands: { name, baseSha256 } };
    case "result-mismatch":
      return { code: "PATCH_RESULT_MISMATCH", operands: { name } };
    default:
      return { code: "PATCH_CORRUPT", operands: { target, reason: error.message } };
  }
}
