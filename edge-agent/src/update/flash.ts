import { DeltaError, MAX_INDEX_BYTES, readSegmentPatches } from "@halfshaft/ota-format/delta";
import type { FactPayload } from "../journal/fact.ts";
import { ecusWithoutDelta } from "../journal/job-facts.ts";
import type { DeltaToInstall, ImageSource, ImageToInstall } from "../installer/installer.ts";
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
  const image = await imageFor(ecu, delta, deps);
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

async function imageFor(
  ecu: EcuPlan,
  delta: DeltaFile | undefined,
  deps: UpdateDeps,
): Promise<ImageToInstall> {
  return {
    source: sourceOf(ecu.image, deps),
    sha256: imageSha256(ecu),
    segments: ecu.segments,
    signedDescriptor: new Uint8Array(Buffer.from(ecu.descriptor, "base64")),
    ...(delta === undefined ? {} : { delta: await patchFor(delta, ecu.segments, deps) }),
  };
}

/** One patch for one segment is a file by itself; those of several share one. @throws {DeltaError} */
async function patchFor(
  delta: DeltaFile,
  segments: EcuPlan["segments"],
  deps: UpdateDeps,
): Promise<DeltaToInstall> {
  const { length, baseSha256, hashes } = delta;
  const sha256 = hashes["sha256"]!;
  const source = sourceOf(delta, deps);
  const format = "detools";
  if (segments.length === 1) return { format, source, baseSha256, patches: [{ offset: 0, length, sha256 }] };
  const start = await source.read(0, Math.min(length, MAX_INDEX_BYTES));
  const patches = readSegmentPatches(start, length);
  const isForThese =
    patches.length === segments.length && patches.every(({ address }, i) => address === segments[i]!.address);
  if (!isForThese) {
    throw new DeltaError("bad-header", `${delta.path} does not have a patch for each segment of the image`);
  }
  return { format, source, baseSha256, patches };
}

/** A file read from the staging piece by piece: memory stays bounded by a block. */
const sourceOf = ({ length, hashes }: SignedFile, { staging }: UpdateDeps): ImageSource => ({
  length,
  read: (offset, count) => staging.read(hashes["sha256"]!, offset, count),
});
