import { decodeDescriptor, DescriptorError, SIGNATURE_BYTES } from "@halfshaft/ota-format/trust";
import { ecusWithoutDelta } from "../journal/job-facts.ts";
import type { Fact } from "../journal/fact.ts";
import type { UpdateDeps } from "./deps.ts";
import { fileOf } from "./choose-transport.ts";
import { isSupplied } from "./download.ts";
import { UpdateFailure } from "./failure.ts";
import { forEachEcu, journaled } from "./journaled.ts";
import type { Job } from "./machine.ts";
import { type EcuPlan, imageSha256, type SignedFile } from "./plan-types.ts";

/**
 * Holds what was downloaded against what was signed: every listed digest (Uptane Standard 2.1.0, 5.4.2.4), and the
 * descriptor for the ECU against the image's signed metadata. Only then does a file get its name in the staging.
 * @throws {UpdateFailure} `VERIFY_DIGEST_MISMATCH`, `VERIFY_DESCRIPTOR_INVALID`
 */
export function verify({ plan }: Job, deps: UpdateDeps, signal: AbortSignal): Promise<void> {
  const withoutDelta = ecusWithoutDelta(deps.journal.facts);
  return journaled("verify", deps, signal, () =>
    forEachEcu("verify", plan.ecus, deps, signal, async (ecu) => {
      checkDescriptor(ecu);
      if (!(await isSupplied(ecu, withoutDelta, deps))) {
        await verifyFile(ecu, fileOf(ecu, withoutDelta), deps);
      }
      return {};
    }),
  );
}

async function verifyFile(ecu: EcuPlan, file: SignedFile, deps: UpdateDeps): Promise<void> {
  const { staging, journal } = deps;
  const sha256 = file.hashes["sha256"]!;
  const digests = digestsOf(journal.facts, ecu.ecuId);
  for (const [algorithm, signed] of Object.entries(file.hashes)) {
    if (digests[algorithm] === signed) continue;
    await staging.discard(sha256);
    throw new UpdateFailure({ code: "VERIFY_DIGEST_MISMATCH", operands: { target: file.path, algorithm } });
  }
  await staging.publish(sha256);
}

/** What the download step made of the bytes that it wrote and synced. */
function digestsOf(facts: readonly Fact[], ecuId: string): Readonly<Record<string, string>> {
  const downloaded = facts.findLast(
    (fact) => fact.step === "download" && fact.ecuId === ecuId && fact.payload?.digests !== undefined,
  );
  return downloaded?.payload?.digests ?? {};
}

/** The ECU checks the signature itself; here it must say the same as the metadata, so that no flash is in vain. */
function checkDescriptor(ecu: EcuPlan): void {
  const signed = Buffer.from(ecu.descriptor, "base64");
  const invalid = (reason: string, cause?: unknown): UpdateFailure => {
    const operands = { target: ecu.image.path, reason };
    return new UpdateFailure({ code: "VERIFY_DESCRIPTOR_INVALID", operands }, { cause });
  };
  let descriptor: ReturnType<typeof decodeDescriptor>;
  try {
    descriptor = decodeDescriptor(signed.subarray(0, Math.max(0, signed.length - SIGNATURE_BYTES)));
  } catch (error) {
    if (!(error instanceof DescriptorError)) throw error;
    throw invalid(error.message, error);
  }
  const { hardwareId, version, releaseCounter, length, sha256, segments } = descriptor;
  const found = {
    "hardware id": hardwareId === ecu.hardwareId,
    version: version === ecu.version,
    "release counter": releaseCounter === ecu.releaseCounter,
    length: length === ecu.image.length,
    digest: hex(sha256) === imageSha256(ecu),
    segments:
      segments.length === ecu.segments.length &&
      segments.every((segment, i) => {
        const wanted = ecu.segments[i]!;
        return (
          segment.address === wanted.address &&
          segment.length === wanted.length &&
          hex(segment.sha256) === wanted.sha256
        );
      }),
  };
  const different = Object.entries(found).find(([, same]) => !same)?.[0];
  if (different !== undefined) throw invalid(`its ${different} differs from the signed metadata`);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
