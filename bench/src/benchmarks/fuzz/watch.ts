import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { FuzzCounts } from "./fuzz-run.ts";

/** What a run found. */
export interface FuzzResult extends FuzzCounts {
  readonly target: string;
  /** Highest heap after a collection while it ran, against that after its first tenth; bytes. */
  readonly heapGrowthBytes: number;
  readonly seconds: number;
  readonly seed: number;
}

export interface FuzzOrder {
  readonly target: string;
  readonly inputs: number;
  readonly seed: number;
}

/** What the thread says while it runs, and at its end. */
export type FuzzNews =
  | { readonly kind: "alive"; readonly inputs: number }
  | { readonly kind: "done"; readonly result: FuzzResult; readonly shown: readonly string[] };

/** A run that says nothing for so long has come into a loop without an end. */
const SILENT_MS = 60_000;
/** Far above what the targets need, far below what a leak of a byte per input bit would take. */
const MEMORY_MB = 256;

/**
 * Fuzzes a target in a thread of its own, with bounded memory, and stops it where it hangs: both count as a failure.
 * @param say told each failure in a sentence, with what is needed to repeat it.
 */
export async function fuzz(order: FuzzOrder, say: (sentence: string) => void): Promise<FuzzResult> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
  });
  const startMs = performance.now();
  const outcome = Promise.withResolvers<FuzzResult>();
  let inputs = 0;
  const giveUp = (reason: string): void => {
    say(`${order.target}, seed ${order.seed}: ${reason} after ${inputs} inputs`);
    const seconds = (performance.now() - startMs) / 1000;
    outcome.resolve({
      ...order,
      inputs,
      mutatedInputs: 0,
      failures: 1,
      statesEntered: {},
      heapGrowthBytes: 0,
      seconds,
    });
  };
  const silent = setTimeout(() => giveUp(`it hung for ${SILENT_MS / 1000} s`), SILENT_MS);
  worker.on("message", (news: FuzzNews) => {
    silent.refresh();
    if (news.kind === "alive") {
      inputs = news.inputs;
      return;
    }
    for (const sentence of news.shown) say(`${order.target}, seed ${order.seed}, ${sentence}`);
    outcome.resolve(news.result);
  });
  worker.on("error", (error) =>
    giveUp(`it ended with ${error instanceof Error ? error.stack : String(error)}`),
  );
  try {
    return await outcome.promise;
  } finally {
    clearTimeout(silent);
    if (worker.threadId > 0) await Promise.all([once(worker, "exit"), worker.terminate()]);
  }
}
