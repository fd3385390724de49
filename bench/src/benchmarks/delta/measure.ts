import type { DeltaFormat, PeakMemory } from "./delta-format.ts";
import type { NamedPair } from "./pairs.ts";
import { median, rounded } from "./statistics.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

/** One pair in one format. Seconds are medians over the rounds. */
export interface DeltaResult {
  readonly pair: string;
  readonly format: string;
  readonly newBytes: number;
  readonly patchBytes: number;
  readonly diffSeconds: number;
  readonly applySeconds: number;
  /** While applying: the ECU format's as its decoder counts, all others' of the whole process. */
  readonly peakRamBytes: number | null;
  /** While making the patch; of the whole process. */
  readonly diffPeakRamBytes: number | null;
  /** Seconds of ours to those of native bsdiff, where that is installed. */
  readonly ratioDiff?: number;
  readonly ratioApply?: number;
}

const WARM_UP_MS = 1000;

/** What one format took in each round, seconds. */
interface Timings {
  readonly format: DeltaFormat;
  readonly diff: number[];
  readonly apply: number[];
}

export interface MeasureOptions {
  readonly rounds: number;
}

/**
 * Holds all formats against the clock, in turns: a machine that is busy for a while slows all of them. Rounds
 * before those that count warm up.
 * @throws {BenchError} `UNEXPECTED_RESULT` where a patch does not give the new image
 */
export async function measurePair(
  { name, load }: NamedPair,
  formats: readonly DeltaFormat[],
  { rounds }: MeasureOptions,
): Promise<DeltaResult[]> {
  const workspace = await openWorkspace(await load());
  try {
    const timings = formats.map((format): Timings => ({ format, diff: [], apply: [] }));
    await warmUp(workspace, timings);
    for (let round = 0; round < rounds; round++) await runRound(workspace, timings);
    const reference = timings.find(({ format }) => format.name === "bsdiff");
    const results: DeltaResult[] = [];
    for (const timing of timings) {
      const { format } = timing;
      const figures = {
        newBytes: workspace.result.length,
        patchBytes: await format.patchBytes(workspace),
        memory: await format.peakMemory(workspace),
      };
      results.push(summarize(name, figures, timing, reference));
    }
    return results;
  } finally {
    await workspace.close();
  }
}

/** Rounds that do not count, for a second at least. */
async function warmUp(workspace: Workspace, timings: readonly Timings[]): Promise<void> {
  const endMs = performance.now() + WARM_UP_MS;
  do await runRound(workspace, timings);
  while (performance.now() < endMs);
  for (const { diff, apply } of timings) diff.length = apply.length = 0;
}

async function runRound(workspace: Workspace, timings: readonly Timings[]): Promise<void> {
  for (const { format, diff } of timings) diff.push(await format.diff(workspace));
  for (const { format, apply } of timings) apply.push(await format.apply(workspace));
}

function summarize(
  pair: string,
  { newBytes, patchBytes, memory }: { newBytes: number; patchBytes: number; memory: PeakMemory },
  { format, diff, apply }: Timings,
  reference: Timings | undefined,
): DeltaResult {
  const result = {
    pair,
    format: format.name,
    newBytes,
    patchBytes,
    diffSeconds: rounded(median(diff), 4),
    applySeconds: rounded(median(apply), 4),
    peakRamBytes: memory.apply,
    diffPeakRamBytes: memory.diff,
  };
  if (!format.own || reference === undefined) return result;
  return {
    ...result,
    ratioDiff: rounded(median(diff) / median(reference.diff), 2),
    ratioApply: rounded(median(apply) / median(reference.apply), 2),
  };
}
