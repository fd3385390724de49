import type { TargetFile } from "@tufjs/models";
import { type DeltaFormat, ImageTargetCustom, TransportTargetCustom } from "@halfshaft/ota-format/trust";
import { Value } from "typebox/value";
import type { DeltaFile, SignedFile } from "../update/plan-types.ts";
import type { Assignment } from "./director.ts";
import { TrustError } from "./trust-error.ts";

const DIGESTS = new Set(["sha256", "sha512"]);

/**
 * Checks that the Image repository says of an image what the Director says (Uptane Standard 2.1.0, 5.4.4.2):
 * filename, length, every hash, hardware id, release counter.
 * @throws {TrustError} `PLAN_TARGETS_DISAGREE`, `PLAN_METADATA_INVALID`
 */
export function matchImage(assignment: Assignment, image: TargetFile | undefined): ImageTargetCustom {
  const { target } = assignment;
  const disagree = (field: string): TrustError =>
    new TrustError("PLAN_TARGETS_DISAGREE", { target: target.path, field });
  if (image === undefined) throw disagree("presence");
  if (image.path !== target.path) throw disagree("filename");
  if (image.length !== target.length) throw disagree("length");
  for (const algorithm of new Set([...Object.keys(image.hashes), ...Object.keys(target.hashes)])) {
    if (image.hashes[algorithm] !== target.hashes[algorithm]) throw disagree(algorithm);
  }
  const { custom } = image;
  if (!Value.Check(ImageTargetCustom, custom))
    throw invalid(image.path, "its custom fields are not an image's");
  if (custom.hardwareId !== assignment.hardwareId) throw disagree("hardware id");
  if (custom.releaseCounter !== assignment.releaseCounter) throw disagree("release counter");
  return custom;
}

/**
 * A target as the steps use it.
 * @throws {TrustError} `PLAN_METADATA_INVALID` without sha256 (tuf-js accepts `hashes: {}`), or with a hash that
 *   cannot be checked
 */
export function signedFile(target: TargetFile): SignedFile {
  const { path, length, hashes } = target;
  if (!/^[0-9a-f]{64}$/.test(hashes["sha256"] ?? "")) throw invalid(path, "it has no SHA-256");
  const unknown = Object.keys(hashes).find((algorithm) => !DIGESTS.has(algorithm));
  if (unknown !== undefined) throw invalid(path, `its ${unknown} digest cannot be checked here`);
  return { path, length, hashes };
}

/** The delta as a file, where it is what its name says and shorter than the image; else the full image is better. */
export function usableDelta(
  target: TargetFile | undefined,
  base: string,
  image: SignedFile,
  format: DeltaFormat,
): DeltaFile | undefined {
  if (target === undefined || !Value.Check(TransportTargetCustom, target.custom)) return undefined;
  const { base: from, result } = target.custom;
  const fits =
    target.custom.format === format &&
    from.sha256 === base &&
    result.sha256 === image.hashes["sha256"] &&
    result.length === image.length &&
    target.length < image.length;
  return fits ? { ...signedFile(target), format, baseSha256: base } : undefined;
}

const invalid = (path: string, reason: string): TrustError =>
  new TrustError("PLAN_METADATA_INVALID", {
    role: "targets",
    repository: "Image",
    reason: `${path}: ${reason}`,
  });
