import { createHash } from "node:crypto";
import { applyBsdiff40 } from "./bsdiff40-apply.ts";
import { inspectBsdiff40 } from "./bsdiff40-header.ts";
import { DeltaError } from "./delta-error.ts";

/** A patch together with what the signed metadata say of its base and its result. */
export interface VerifiedPatch {
  readonly base: Uint8Array;
  /** SHA-256, 32 bytes. */
  readonly baseSha256: Uint8Array;
  readonly patch: Uint8Array;
  readonly resultSha256: Uint8Array;
  readonly resultLength: number;
}

/**
 * The result in pieces as {@link applyBsdiff40} gives them. The base is checked before the first piece; that
 * the result is right is known only when the last piece was taken and nothing was thrown.
 * @throws {DeltaError} `base-mismatch`, `result-mismatch`, or as {@link applyBsdiff40}
 */
export function* applyVerified(request: VerifiedPatch): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  const { base, patch, resultLength } = request;
  const baseSha256 = createHash("sha256").update(base).digest();
  if (!baseSha256.equals(request.baseSha256)) {
    throw new DeltaError(
      "base-mismatch",
      `the base of ${base.length} bytes has SHA-256 ${hex(baseSha256)}, the patch is for ${hex(request.baseSha256)}`,
    );
  }
  const { resultBytes } = inspectBsdiff40(patch);
  if (resultBytes !== resultLength) {
    throw new DeltaError(
      "result-mismatch",
      `the patch announces a result of ${resultBytes} bytes, the image has ${resultLength}`,
    );
  }
  const hash = createHash("sha256");
  for (const chunk of applyBsdiff40(base, patch, { maxResultBytes: resultLength })) {
    hash.update(chunk);
    yield chunk;
  }
  const resultSha256 = hash.digest();
  if (!resultSha256.equals(request.resultSha256)) {
    throw new DeltaError(
      "result-mismatch",
      `the patch gave SHA-256 ${hex(resultSha256)}, the image has ${hex(request.resultSha256)}`,
    );
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
