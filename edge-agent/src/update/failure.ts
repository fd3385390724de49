import type { FailureName, FailureRecord, Operands, Stage } from "@halfshaft/ota-format";
import { DeltaError } from "@halfshaft/ota-format/delta";
import type { DescriptorError } from "@halfshaft/ota-format/trust";
import { CanError } from "@halfshaft/vehicle-net/can";
import { routineResults } from "@halfshaft/vehicle-net/ecu";
import { describeNrc, SecurityAccess, UdsRefused, wasLost } from "@halfshaft/vehicle-net/uds";
import { BlockLost, EcuOperationError, RoutineRejected } from "../ecus/ecu-error.ts";
import { HttpError } from "../http/http-error.ts";
import { StagingError } from "../staging-error.ts";
import { TrustError } from "../trust/trust-error.ts";

/** A step ended with a failure that has a code; it travels as `record`, its sentence is made where it is read. */
export class UpdateFailure extends Error {
  override readonly name = "UpdateFailure";
  readonly record: FailureRecord;

  constructor(code: FailureName, operands: Operands, options?: { ecuId?: string; cause?: unknown }) {
    super(code, { cause: options?.cause });
    this.record = { code, operands, ...(options?.ecuId === undefined ? {} : { ecuId: options.ecuId }) };
  }
}

/** The one mapping of the errors below to failure codes. */
export function failureOf(error: unknown, stage: Stage, busUrl: string): FailureRecord {
  if (error instanceof UpdateFailure) return error.record;
  if (error instanceof EcuOperationError) return ofEcu(error, stage, busUrl);
  if (error instanceof CanError) return busUnavailable(error, busUrl);
  if (error instanceof TrustError) return { code: error.failure, operands: error.operands };
  if (error instanceof HttpError) return ofHttp(error, stage);
  if (error instanceof StagingError && error.code === "no-space") {
    return { code: "DOWNLOAD_NO_SPACE", operands: { free: error.freeBytes, needed: error.neededBytes } };
  }
  return { code: "AGENT_INTERNAL", operands: { reason: describe(error) } };
}

function ofEcu({ ecu, operation, cause }: EcuOperationError, stage: Stage, busUrl: string): FailureRecord {
  const { name, ecuId } = ecu;
  const because = (code: FailureName, operands: Operands): FailureRecord => ({
    code,
    operands: { name, ...operands },
    ecuId,
  });
  const busError = causeOf(cause, CanError);
  if (busError !== undefined) return { ...busUnavailable(busError, busUrl), ecuId };
  if (stage === "activate") return because("ACTIVATE_REFUSED", { reason: describe(cause) });
  if (cause instanceof BlockLost) {
    return because("FLASH_TRANSFER_LOST", { block: cause.block, attempts: cause.attempts });
  }
  if (cause instanceof RoutineRejected) {
    const reason = routineResults[cause.result].sentence;
    const isImage = cause.routine === "checkMemory" || cause.routine === "checkDependencies";
    return isImage
      ? because("FLASH_IMAGE_REJECTED", { reason })
      : because("FLASH_REFUSED", { operation, nrc: reason });
  }
  if (cause instanceof UdsRefused) {
    const nrc = describeNrc(cause.nrc);
    return cause.service.sid === SecurityAccess.sid
      ? because("FLASH_SECURITY_DENIED", { nrc })
      : because("FLASH_REFUSED", { operation, nrc });
  }
  if (wasLost(cause)) {
    return stage === "plan"
      ? because("PLAN_ECU_NO_ANSWER", { ecuId })
      : because("FLASH_NO_ANSWER", { operation });
  }
  return because("FLASH_REFUSED", { operation, nrc: describe(cause) });
}

const busUnavailable = (error: CanError, url: string): FailureRecord => ({
  code: "FLASH_BUS_UNAVAILABLE",
  operands: { url, reason: error.message },
});

function ofHttp(error: HttpError, stage: Stage): FailureRecord {
  const reason = error.message;
  switch (stage) {
    case "offer":
      return error.isUnauthorised
        ? { code: "OFFER_UNAUTHORISED", operands: {} }
        : { code: "OFFER_UNREACHABLE", operands: { url: error.url, reason } };
    case "report":
      return { code: "REPORT_UNDELIVERED", operands: { reason } };
    default:
      return { code: "AGENT_INTERNAL", operands: { reason } };
  }
}

/** Why a delta was of no use, for the fact that its ECU gets the full image. */
export function patchFailure(error: unknown, operands: { name: string; target: string; base: string }) {
  const { name, target, base } = operands;
  if (error instanceof StagingError && error.code === "missing") {
    return new UpdateFailure("PATCH_BASE_MISSING", { name, baseSha256: base }, { cause: error });
  }
  if (error instanceof DeltaError) {
    return error.code === "result-mismatch"
      ? new UpdateFailure("PATCH_RESULT_MISMATCH", { name }, { cause: error })
      : new UpdateFailure("PATCH_CORRUPT", { target, reason: error.message }, { cause: error });
  }
  return undefined;
}

export function descriptorFailure(error: DescriptorError | string, target: string): UpdateFailure {
  const reason = typeof error === "string" ? error : error.message;
  return new UpdateFailure("VERIFY_DESCRIPTOR_INVALID", { target, reason }, { cause: error });
}

function causeOf<E extends Error>(error: unknown, type: new (...args: never[]) => E): E | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof type) return at;
  return undefined;
}

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));
