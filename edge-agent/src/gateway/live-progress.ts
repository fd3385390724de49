import type { Stage } from "@halfshaft/ota-format";
import type { Progress } from "../update/progress.ts";

export interface LiveBytes {
  readonly done: number;
  readonly total: number;
}

/** What steps have told since the agent started; nothing here outlives it. */
export interface LiveProgress {
  readonly bytes: ReadonlyMap<string, LiveBytes>;
  readonly paused: boolean;
}

export const noProgress: LiveProgress = { bytes: new Map(), paused: false };

const keyOf = (step: Stage, ecuId: string): string => `${step} ${ecuId}`;

/** The next state of what is told. Pure. */
export function withProgress(live: LiveProgress, progress: Progress): LiveProgress {
  switch (progress.kind) {
    case "bytes": {
      const { step, ecuId, done, total } = progress;
      return { ...live, bytes: new Map(live.bytes).set(keyOf(step, ecuId), { done, total }) };
    }
    case "paused":
      return { ...live, paused: progress.paused };
    default:
      return live;
  }
}

/** What is told of one ECU in a stage. */
export const liveOf = (live: LiveProgress, stage: Stage, ecuId: string): LiveBytes | undefined =>
  live.bytes.get(keyOf(stage, ecuId));

export const sumBytes = (live: LiveProgress, step: Stage, ecuIds: readonly string[]): number =>
  ecuIds.reduce((sum, ecuId) => sum + (liveOf(live, step, ecuId)?.done ?? 0), 0);
