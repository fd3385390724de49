import type { FactPayload } from "../journal/fact.ts";
import { ecusWithoutDelta } from "../journal/job-facts.ts";
import type { ImageSource, ImageToInstall } from "../installer/installer.ts";
import { deltaForEcu, estimateOf } from "./choose-transport.ts";
import type { UpdateDeps } from "./deps.ts";
import { deltaRefusal } from "./failure.ts";
import { DeltaOfNoUse, forEachEcu, journaled } from "./journaled.ts";
import type { Job } from "./machine.ts";
import { type DeltaFile, type EcuPlan, imageSha256, type SignedFile } from "./plan-types.ts";

/**
 * Writes every image into its ECU's inactive bank, all ECUs side by side on the bus. Nothing else changes: the old
 * software runs on, and writing again what is written already does no harm. An ECU that does not take its delta gets the
 * full image, which the answer `true` asks for.
 * @throws {UpdateFailure}
 */
export function flash({ plan }: Job, deps: UpdateDeps, signal: AbortSignal): Promise<boolean> {
  const withoutDelta = ecusWithoutDelta(deps.journal.facts);
  const flashEcu = async (ecu: EcuPlan): Promise<FactPayload> => {
    const delta = deltaForEcu(ecu, withoutDelta);
    try {
      const bytes = await install(ecu, delta, deps, signal);
      return { bytes, transport: estimateOf(ecu, withoutDelta) };
    } catch (error) {
      signal.throwIfAborted();
      const refusal = delta && deltaRefusal(error, ecu.name);
      if (refusal === undefined) throw error;
      throw new DeltaOfNoUse({ ...refusal, ecuId: ecu.ecuId }, { cause: error });
    }
  };
  const run = async (): Promise<boolean> => {
    try {
      await forEachEcu("flash", plan.ecus, deps, signal, flashEcu);
      return false;
    } catch (error) {
      if (error instanceof DeltaOfNoUse) return true;
      throw error;
    }
  };
  return journaled("flash", deps, signal, run, { done: (fallBack) => ({ fallBack }) });
}

/** Answers how many bytes crossed the bus. */
async function install(
  ecu: EcuPlan,
  delta: DeltaFile | undefined,
  deps: UpdateDeps,
  signal: AbortSignal,
): Promise<number> {
  const { ecuId } = ecu;
  const image = imageFor(ecu, delta, deps);
  const result = await deps.ecus.use(ecuId, (installer) =>
    installer.install(image, {
      signal,
      onProgress: ({ transferredBytes: done, totalBytes: total }) =>
        deps.progress({ kind: "bytes", step: "flash", ecuId, done, total }),
    }),
  );
  deps.log.info({ ecuId, ...result }, "flashed");
  return result.transferredBytes;
}

function imageFor(ecu: EcuPlan, delta: DeltaFile | undefined, deps: UpdateDeps): ImageToInstall {
  return {
    source: sourceOf(ecu.image, deps),
    sha256: imageSha256(ecu),
    segments: ecu.segments,
    signedDescriptor: new Uint8Array(Buffer.from(ecu.descriptor, "base64")),
    ...(delta === undefined ? {} : { delta: patchFor(delta, deps) }),
  };
}

const patchFor = (delta: DeltaFile, deps: UpdateDeps): NonNullable<ImageToInstall["delta"]> => ({
  format: "detools",
  source: sourceOf(delta, deps),
  sha256: delta.hashes["sha256"]!,
  baseSha256: delta.baseSha256,
});

/** A file read from the staging piece by piece: memory stays bounded by a block. */
const sourceOf = ({ length, hashes }: SignedFile, { staging }: UpdateDeps): ImageSource => ({
  length,
  read: (offset, count) => staging.read(hashes["sha256"]!, offset, count),
});
