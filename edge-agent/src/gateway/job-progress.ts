import { STEPS, type Stage } from "@halfshaft/ota-format";
import type { StageTimes } from "./estimate.ts";

/** How far the stages are, by bytes where a stage moves bytes. */
export interface StageProgress {
  readonly stage: Stage;
  /** Share of the stage's work, 0…1; 0 where nothing is known. */
  readonly stageFraction: number;
  readonly stageElapsedMs: number;
}

/** Share of the whole job's work, 0…1: the estimated times are the weights. Pure. */
export function jobFraction({ stage, stageFraction }: StageProgress, times: StageTimes): number {
  const total = STEPS.reduce((sum, step) => sum + times[step], 0);
  const done = stepsBefore(stage).reduce((sum, step) => sum + times[step], 0);
  return Math.min(1, (done + times[stage] * stageFraction) / total);
}

/** Before so long the pace of a stage says nothing. */
const BASIS_MS = 1_500;

/** Estimated time to the end, ms: the pace of this stage once there is one, estimates for the others. Pure. */
export function remainingMs(
  { stage, stageFraction, stageElapsedMs }: StageProgress,
  times: StageTimes,
): number {
  const hasPace = stageFraction > 0.02 && stageElapsedMs > BASIS_MS;
  const whole = hasPace ? stageElapsedMs / stageFraction : times[stage];
  const later = stepsAfter(stage).reduce((sum, step) => sum + times[step], 0);
  return Math.round(whole * (1 - stageFraction) + later);
}

const stepsBefore = (stage: Stage): readonly Stage[] => STEPS.slice(0, positionOf(stage));
const stepsAfter = (stage: Stage): readonly Stage[] =>
  STEPS.slice(positionOf(stage) + (isWait(stage) ? 0 : 1));

/** Where a stage stands among the nine steps; a wait stands before the step that follows it. */
function positionOf(stage: Stage): number {
  if (stage === "consent") return STEPS.indexOf("download");
  if (stage === "readiness") return STEPS.indexOf("flash");
  return STEPS.indexOf(stage);
}

const isWait = (stage: Stage): boolean => stage === "consent" || stage === "readiness";
