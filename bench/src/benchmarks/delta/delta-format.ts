import type { Workspace } from "./workspace.ts";

/** Peak memory in bytes; null where it cannot be measured here. */
export interface PeakMemory {
  readonly diff: number | null;
  readonly apply: number | null;
}

/** One way to make patches and to apply them, held against the clock. */
export interface DeltaFormat {
  readonly name: string;
  /** Whether it is compared with bsdiff, in `ratioDiff` and `ratioApply`. */
  readonly own: boolean;
  /** Makes the patch and keeps it in the workspace. Gives seconds. */
  diff(workspace: Workspace): Promise<number>;
  /** Applies the patch made last, and checks what comes out. Gives seconds, the check not included. */
  apply(workspace: Workspace): Promise<number>;
  /** Length of the patch made last. */
  patchBytes(workspace: Workspace): Promise<number>;
  peakMemory(workspace: Workspace): Promise<PeakMemory>;
  close(): Promise<void>;
}

/** Seconds that the work took. */
export async function secondsOf(work: () => unknown): Promise<number> {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) / 1000;
}
