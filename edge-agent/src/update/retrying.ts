import type { FailureName, Stage } from "@halfshaft/ota-format";
import { causeOf } from "../causes.ts";
import { HttpError } from "../http/http-error.ts";
import type { UpdateDeps } from "./deps.ts";
import { failureOf } from "./failure.ts";

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;

export interface RetryPolicy {
  readonly stage: Stage;
  /** Failures after which it is tried again. */
  readonly codes: readonly FailureName[];
  /** Wall time after which the failure stands, UTC ms. */
  readonly until: number;
  /** Tries again even where the cloud's answer will not change by itself: a file that is not there, a revoked token. */
  readonly stubborn?: boolean;
}

/** Does something again as its policy says, with growing pauses that a nudge ends. Throws the failure that stands. */
export async function retrying<T>(
  policy: RetryPolicy,
  deps: Pick<UpdateDeps, "nudge" | "now" | "ecus" | "log">,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (!mayPass(error, policy, deps) || deps.now() + pauseMs > policy.until) throw error;
      deps.log.warn({ err: error, pauseMs }, "trying again");
    }
    await deps.nudge.pause(pauseMs, signal);
  }
}

function mayPass(
  error: unknown,
  { stage, codes, stubborn = false }: RetryPolicy,
  { ecus }: Pick<UpdateDeps, "ecus">,
): boolean {
  if (!codes.includes(failureOf(error, { stage, busUrl: ecus.busUrl }).code)) return false;
  return stubborn || causeOf(error, HttpError)?.isPassing !== false;
}
