import { createHash } from "node:crypto";
import { DeltaError, type DeltaEngine } from "@halfshaft/ota-format/delta";
import type { Clock } from "@halfshaft/vehicle-net/clock";
import type { Logger } from "pino";
import type { Staging } from "../staging.ts";
import { StagingError } from "../staging-error.ts";
import { baseOf } from "../update/patch.ts";
import { type DeltaFile, type EcuPlan, imageSha256 } from "../update/plan-types.ts";

export interface MissingImagesDeps {
  readonly staging: Staging;
  readonly deltas: Pick<DeltaEngine, "applyImagePatch">;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * After an update by patches that the ECUs applied, the gateway has no image to start their next delta from. Where base
 * and patch are still here it makes the image as the ECU did; where not, or where that fails, it goes without.
 * @param ecus run their planned image for good
 */
export async function makeMissingImages(
  ecus: readonly EcuPlan[],
  deps: MissingImagesDeps,
  signal: AbortSignal,
): Promise<void> {
  for (const ecu of ecus) {
    const { delta } = ecu;
    if (delta?.format !== "detools" || (await deps.staging.length(imageSha256(ecu))) !== undefined) continue;
    try {
      await makeImage(ecu, delta, deps, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof DeltaError) && !(error instanceof StagingError)) throw error;
      deps.log.info(
        { err: error, ecuId: ecu.ecuId },
        "the gateway goes without the image that this ECU runs",
      );
    }
  }
}

/** Nothing gets its name in the staging before its digest is the signed one. */
async function makeImage(
  ecu: EcuPlan,
  delta: DeltaFile,
  { staging, deltas, clock }: MissingImagesDeps,
  signal: AbortSignal,
): Promise<void> {
  const base = await baseOf(delta, staging);
  const patch = await staging.read(delta.hashes["sha256"]!);
  await staging.demandSpace(ecu.image.length);
  const request = { base, patch, maxResultBytes: ecu.image.length };
  const image = await clock.working(deltas.applyImagePatch(request, { signal }));
  const sha256 = imageSha256(ecu);
  if (createHash("sha256").update(image).digest("hex") !== sha256) {
    throw new DeltaError("result-mismatch", `${delta.path} does not make ${ecu.image.path} of its base`);
  }
  const file = await staging.partial(sha256);
  try {
    await file.truncate();
    await file.append(image);
  } finally {
    await file.close();
  }
  await staging.publish(sha256);
}
