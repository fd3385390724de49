import type { FailureName, Stage } from "@halfshaft/ota-format";
import type { UpdateDeps } from "./deps.ts";
import { failureOf } from "./failure.ts";

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;

/**
 * Does something again as long as it fails with one of `codes`, with growing pauses that a nudge ends.
 * @param until wall time after which the failure stands, UTC ms
 */
export async function retrying<T>(
  stage: Stage,
  codes: readonly FailureName[],
  until: number,
  deps: Pick<UpdateDeps, "nudge" | "now" | "ecus" | "log">,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const failure = failureOf(error, { stage, busUrl: deps.ecus.busUrl });
      if (!codes.includes(failure.code) || deps.now() + pauseMs > until) throw error;
      deps.log.warn({ failure, pauseMs }, "trying again");
    }
    await deps.nudge.pause(pauseMs, signal);
  }
}
