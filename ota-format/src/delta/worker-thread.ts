import { parentPort } from "node:worker_threads";
import { applyVerified } from "./apply-verified.ts";
import type { VerifiedPatch } from "./apply-verified.ts";
import { createBsdiff40 } from "./bsdiff40-create.ts";
import { DeltaError } from "./delta-error.ts";
import type { WorkerReply, WorkerRequest } from "./worker-messages.ts";

/** The thread's side of {@link workerDeltaEngine}: one job at a time. */

const port = parentPort!; // this file is only ever started as a worker
let chunks: Generator<Uint8Array<ArrayBuffer>> | undefined;

port.on("message", (message: WorkerRequest) => {
  try {
    if (message.kind === "create") create(message.base, message.result);
    else if (message.kind === "apply") apply(message.request);
    else sendNextChunk();
  } catch (cause) {
    const code = cause instanceof DeltaError ? cause.code : "worker-failed";
    reply({ kind: "failed", code, message: cause instanceof Error ? cause.message : String(cause) });
  }
});

function create(base: Uint8Array, result: Uint8Array): void {
  const patch = createBsdiff40(base, result, { onProgress: (share) => reply({ kind: "progress", share }) });
  reply({ kind: "done", patch }, [patch.buffer]);
}

function apply(request: VerifiedPatch): void {
  chunks = applyVerified(request);
  sendNextChunk();
}

/** One piece is under way at a time, so that a slow taker does not pile them up. */
function sendNextChunk(): void {
  const next = chunks?.next();
  if (next === undefined || next.done) {
    chunks = undefined;
    reply({ kind: "done" });
    return;
  }
  const chunk = next.value;
  reply({ kind: "chunk", chunk }, [chunk.buffer]);
}

function reply(message: WorkerReply, transfer: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}
