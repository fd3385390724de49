import type { FailureRecord, Stage } from "@halfshaft/ota-format";
import { StoreError } from "../journal/durable-store.ts";
import type { FactPayload } from "../journal/fact.ts";
import type { UpdateDeps } from "./deps.ts";
import { failureOf, UpdateFailure } from "./failure.ts";
import type { EcuPlan } from "./plan-types.ts";

/**
 * Runs a step between its facts: the intent is on disk before it begins, done or failed before anyone hears of it.
 * A shutdown is neither: it rejects with the signal's reason and leaves the intent standing; so does a journal that
 * cannot be written.
 * @param payload what the closing fact carries
 * @throws {UpdateFailure}, {StoreError}
 */
export async function journaled<T>(
  stage: Stage,
  deps: Pick<UpdateDeps, "journal" | "ecus" | "log">,
  signal: AbortSignal,
  run: () => Promise<T>,
  payloads: { readonly intent?: FactPayload; readonly done?: (result: T) => FactPayload } = {},
): Promise<T> {
  const { journal } = deps;
  await journal.append({ step: stage, kind: "intent", payload: payloads.intent });
  let result: T;
  try {
    result = await run();
  } catch (error) {
    // What could not be written did not happen, and says nothing about the job: it goes on from its facts.
    if (error instanceof StoreError) throw error;
    const failure = failureIn(stage, deps, signal, error);
    await journal.append({ step: stage, kind: "failed", payload: { failure } });
    throw new UpdateFailure(failure, { cause: error });
  }
  await journal.append({ step: stage, kind: "done", payload: payloads.done?.(result) });
  return result;
}

/** What one ECU could not be given this way can be given in full: on record as a failure, and no end of the job. */
export class DeltaOfNoUse extends UpdateFailure {}

/**
 * Runs a step for each ECU side by side, each between its own facts. Where some fail the others come to their end,
 * then the first failure is thrown.
 * @param run answers what the ECU's done fact carries
 * @throws {UpdateFailure} {@link DeltaOfNoUse} only where nothing worse has happened
 */
export async function forEachEcu(
  stage: Stage,
  ecus: readonly EcuPlan[],
  deps: Pick<UpdateDeps, "journal" | "ecus" | "log">,
  signal: AbortSignal,
  run: (ecu: EcuPlan) => Promise<FactPayload>,
): Promise<void> {
  const { journal } = deps;
  const results = await Promise.allSettled(
    ecus.map(async (ecu) => {
      const { ecuId } = ecu;
      await journal.append({ step: stage, ecuId, kind: "intent" });
      let payload: FactPayload;
      try {
        payload = await run(ecu);
      } catch (error) {
        const failure = failureIn(stage, deps, signal, error, ecu);
        await journal.append({ step: stage, ecuId, kind: "failed", payload: { failure } });
        throw error instanceof DeltaOfNoUse ? error : new UpdateFailure(failure, { cause: error });
      }
      await journal.append({ step: stage, ecuId, kind: "done", payload });
    }),
  );
  signal.throwIfAborted();
  const failed = results
    .filter((result) => result.status === "rejected")
    .map(({ reason }) => reason as Error);
  const first =
    failed.find((error) => error instanceof StoreError) ??
    failed.find((error) => !(error instanceof DeltaOfNoUse)) ??
    failed[0];
  if (first !== undefined) throw first;
}

function failureIn(
  stage: Stage,
  { ecus, log }: Pick<UpdateDeps, "ecus" | "log">,
  signal: AbortSignal,
  error: unknown,
  ecu?: EcuPlan,
): FailureRecord {
  signal.throwIfAborted();
  const failure = failureOf(error, { stage, busUrl: ecus.busUrl, ecu });
  log.error({ err: error, failure }, "a step failed");
  return failure;
}
