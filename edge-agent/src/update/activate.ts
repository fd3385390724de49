import type { UpdateDeps } from "./deps.ts";
import { startOnTrial } from "./drive.ts";
import { forEachEcu, journaled } from "./journaled.ts";
import type { Job } from "./machine.ts";

/**
 * Starts the new software of all ECUs on trial, together. One that is on its trial already, from before a power cut,
 * stays there. Whether the software is healthy is for `confirm`; only a refusal to start it fails here.
 * @throws {UpdateFailure}
 */
export function activate({ plan }: Job, deps: UpdateDeps, signal: AbortSignal): Promise<void> {
  return journaled("activate", deps, signal, () =>
    forEachEcu("activate", plan.ecus, deps, signal, async (ecu) => {
      await startOnTrial(ecu, deps, signal);
      return {};
    }),
  );
}
