import type { ImageToInstall } from "../installer/installer.ts";
import type { UpdateDeps } from "./deps.ts";
import { forEachEcu, journaled } from "./journaled.ts";
import type { Job } from "./machine.ts";
import { type EcuPlan, imageSha256 } from "./plan-types.ts";

/**
 * Writes every image into its ECU's inactive bank, all ECUs side by side on the bus. Nothing else changes: the old
 * software runs on, and writing again what is written already does no harm.
 * @throws {UpdateFailure}
 */
export function flash({ plan }: Job, deps: UpdateDeps, signal: AbortSignal): Promise<void> {
  return journaled("flash", deps, signal, () =>
    forEachEcu("flash", plan.ecus, deps, signal, async (ecu) => {
      const { ecuId } = ecu;
      const image = imageFor(ecu, deps);
      const result = await deps.ecus.use(ecuId, (installer) =>
        installer.install(image, {
          signal,
          onProgress: ({ transferredBytes: done, totalBytes: total }) =>
            deps.progress({ kind: "bytes", step: "flash", ecuId, done, total }),
        }),
      );
      deps.log.info({ ecuId, ...result }, "flashed");
      return { bytes: result.transferredBytes };
    }),
  );
}

/** The image read from the staging piece by piece: memory stays bounded by a block. */
function imageFor(ecu: EcuPlan, { staging }: UpdateDeps): ImageToInstall {
  const sha256 = imageSha256(ecu);
  return {
    source: {
      length: ecu.image.length,
      read: (offset, length) => staging.read(sha256, offset, length),
    },
    sha256,
    segments: ecu.segments,
    signedDescriptor: new Uint8Array(Buffer.from(ecu.descriptor, "base64")),
  };
}
