import { NO_BASE } from "@halfshaft/ota-format/trust";
import { ecusWithoutDelta } from "../journal/job-facts.ts";
import { isPatchedHere, transportOf } from "./choose-transport.ts";
import type { UpdateDeps } from "./deps.ts";
import { patchFailure } from "./failure.ts";
import { journaled } from "./journaled.ts";
import type { Job } from "./machine.ts";
import { type DeltaFile, type EcuPlan, imageSha256 } from "./plan-types.ts";

/**
 * Turns the deltas that are for the gateway into full images, proven by their digests. A delta that is of no use costs
 * nothing but time: its ECU gets the full image, which the answer `true` asks for.
 */
export function patch({ plan }: Job, deps: UpdateDeps, signal: AbortSignal): Promise<boolean> {
  const withoutDelta = ecusWithoutDelta(deps.journal.facts);
  const run = async (): Promise<boolean> => {
    let fallBack = false;
    // One after another: each holds a base and a delta in memory.
    for (const ecu of plan.ecus) {
      if (!isPatchedHere(transportOf(ecu, withoutDelta))) continue;
      signal.throwIfAborted();
      fallBack = !(await patchEcu(ecu, ecu.delta!, deps, signal)) || fallBack;
    }
    return fallBack;
  };
  return journaled("patch", deps, signal, run, { done: (fallBack) => ({ fallBack }) });
}

/** Answers whether the image is there now. */
async function patchEcu(
  ecu: EcuPlan,
  delta: DeltaFile,
  deps: UpdateDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const { journal, log } = deps;
  const { ecuId, name } = ecu;
  await journal.append({ step: "patch", ecuId, kind: "intent" });
  try {
    await applyDelta(ecu, delta, deps, signal);
  } catch (error) {
    signal.throwIfAborted();
    const failure = patchFailure(error, { name, target: delta.path, baseSha256: delta.baseSha256 });
    if (failure === undefined) throw error;
    log.warn({ err: error, failure }, "the delta is of no use, the full image is downloaded");
    await journal.append({
      step: "patch",
      ecuId,
      kind: "failed",
      payload: { failure: { ...failure, ecuId } },
    });
    return false;
  }
  await journal.append({ step: "patch", ecuId, kind: "done", payload: { bytes: ecu.image.length } });
  return true;
}

/** What a delta starts from: nothing for a compressed image. @throws {StagingError} `missing` */
export async function baseOf({ baseSha256 }: DeltaFile, staging: UpdateDeps["staging"]): Promise<Uint8Array> {
  return baseSha256 === NO_BASE.sha256 ? new Uint8Array(0) : staging.read(baseSha256);
}

async function applyDelta(
  ecu: EcuPlan,
  delta: DeltaFile,
  { staging, deltas, clock, progress }: UpdateDeps,
  signal: AbortSignal,
): Promise<void> {
  const sha256 = imageSha256(ecu);
  const total = ecu.image.length;
  if ((await staging.length(sha256)) !== undefined) return;
  const result = await staging.partial(sha256);
  try {
    await result.truncate();
    const request = {
      base: await baseOf(delta, staging),
      baseSha256: Buffer.from(delta.baseSha256, "hex"),
      patch: await staging.read(delta.hashes["sha256"]!),
      resultSha256: Buffer.from(sha256, "hex"),
      resultLength: total,
    };
    const take = async (chunk: Uint8Array): Promise<void> => {
      await result.append(chunk);
      progress({ kind: "bytes", step: "patch", ecuId: ecu.ecuId, done: result.length, total });
    };
    await clock.working(deltas.apply(request, take, { signal }));
  } finally {
    await result.close();
  }
  await staging.publish(sha256);
}
