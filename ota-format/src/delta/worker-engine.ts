import { Worker } from "node:worker_threads";
import { DeltaError } from "./delta-error.ts";
import type { ChunkSink, DeltaEngine, EngineCreateOptions, EngineOptions } from "./engine.ts";
import type { WorkerReply, WorkerRequest, WorkerSettings } from "./worker-messages.ts";

interface Job {
  readonly request: WorkerRequest;
  readonly options: EngineOptions;
  readonly onChunk?: ChunkSink;
  readonly onProgress?: (share: number) => void;
}

/** What a job that makes something made. */
type Made = Uint8Array | undefined;

export interface WorkerEngineOptions {
  /** How much the thread lets others go first, 0 to 19; on Linux only, where threads have priorities of their own. */
  readonly niceness?: number;
}

/**
 * Works in one thread of its own, job after job; the thread is kept, since a warm one is faster, but does not
 * keep the process alive. Base, result and patch are copied to memory that both threads see, unless they lie in such.
 */
export function workerDeltaEngine({ niceness = 0 }: WorkerEngineOptions = {}): DeltaEngine {
  let worker: Worker | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const enqueue = (job: Job): Promise<Made> => {
    const run = async (): Promise<Made> => {
      job.options.signal?.throwIfAborted();
      worker ??= startWorker(niceness, () => (worker = undefined));
      try {
        return await runJob(worker, job);
      } catch (cause) {
        // After a refusal the thread is fine; after anything else it may still be at work.
        if (!(cause instanceof DeltaError) || cause.code === "worker-failed") {
          await worker?.terminate();
        }
        throw cause;
      }
    };
    const result = last.then(run, run);
    last = result.catch(() => undefined);
    return result;
  };

  const make = async (
    kind: "create" | "listDetoolsSteps",
    base: Uint8Array,
    result: Uint8Array,
    options: EngineCreateOptions = {},
  ): Promise<Uint8Array> => {
    const { onProgress } = options;
    const request = { kind, base: shared(base), result: shared(result) };
    const made = await enqueue({ request, options, onProgress });
    return made!;
  };

  return {
    create: (base, result, options) => make("create", base, result, options),
    listDetoolsSteps: (base, result, options) => make("listDetoolsSteps", base, result, options),
    async apply(request, onChunk, options = {}) {
      const { base, patch } = request;
      const sharing = { ...request, base: shared(base), patch: shared(patch) };
      await enqueue({ request: { kind: "apply", request: sharing }, options, onChunk });
    },
    async applyImagePatch(request, options = {}) {
      const { base, patch } = request;
      const sharing = { ...request, base: shared(base), patch: shared(patch) };
      const made = await enqueue({ request: { kind: "applyImagePatch", request: sharing }, options });
      return made!;
    },
    async close() {
      await worker?.terminate();
    },
  };
}

/** One copy at most, where a message to the other thread would take several. */
function shared(bytes: Uint8Array): Uint8Array {
  if (bytes.buffer instanceof SharedArrayBuffer) return bytes;
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

/** The file beside this one with the same ending: `.ts` in development, `.js` when installed. */
function startWorker(niceness: number, onExit: () => void): Worker {
  const own = import.meta.url;
  const file = new URL(`./worker-thread${own.slice(own.lastIndexOf("."))}`, own);
  const workerData: WorkerSettings = { niceness };
  const worker = new Worker(file, { workerData });
  worker.unref();
  worker.on("exit", onExit);
  worker.on("error", () => undefined); // it exits then, and the job under way hears of it by itself
  return worker;
}

function runJob(worker: Worker, job: Job): Promise<Made> {
  const { signal } = job.options;
  const { promise, resolve, reject } = Promise.withResolvers<Made>();
  const take = async (reply: WorkerReply): Promise<void> => {
    if (reply.kind === "progress") job.onProgress?.(reply.share);
    else if (reply.kind === "done") resolve(reply.made);
    else if (reply.kind === "failed") reject(new DeltaError(reply.code, reply.message));
    else {
      await job.onChunk?.(reply.chunk);
      send(worker, { kind: "chunkTaken" });
    }
  };
  const onMessage = (reply: WorkerReply): void => void take(reply).catch(reject);
  const onError = (cause: unknown): void =>
    reject(new DeltaError("worker-failed", "the thread that makes deltas failed; try again", { cause }));
  const onExit = (code: number): void =>
    reject(new DeltaError("worker-failed", `the thread that makes deltas ended with code ${code}`));
  const onAbort = (): void => reject(signal?.reason);

  worker.on("message", onMessage).on("error", onError).on("exit", onExit);
  signal?.addEventListener("abort", onAbort);
  worker.ref();
  send(worker, job.request);
  return promise.finally(() => {
    worker.off("message", onMessage).off("error", onError).off("exit", onExit);
    signal?.removeEventListener("abort", onAbort);
    worker.unref();
  });
}

function send(worker: Worker, message: WorkerRequest): void {
  worker.postMessage(message, []);
}
