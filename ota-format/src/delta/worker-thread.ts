import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { applyVerified } from "./apply-verified.ts";
import type { VerifiedPatch } from "./apply-verified.ts";
import { createBsdiff40 } from "./bsdiff40-create.ts";
import { DeltaError } from "./delta-error.ts";
import { listDetoolsSteps } from "./detools/detools-steps.ts";
import type { ImagePatchRequest } from "./engine.ts";
import { applyImagePatch } from "./image-patch.ts";
import type { WorkerReply, WorkerRequest, WorkerSettings } from "./worker-messages.ts";

/** The thread's side of {@link workerDeltaEngine}: one job at a time. */

const port = parentPort!; // this file is only ever started as a worker
const { niceness } = workerData as WorkerSettings;
if (niceness > 0 && process.platform === "linux") letOthersGoFirst(niceness);
let chunks: Generator<Uint8Array<ArrayBuffer>> | undefined;

port.on("message", (message: WorkerRequest) => {
  try {
    if (message.kind === "chunkTaken") sendNextChunk();
    else if (message.kind === "apply") apply(message.request);
    else if (message.kind === "applyImagePatch") makeImage(message.request);
    else make(message.kind === "create" ? createBsdiff40 : listDetoolsSteps, message);
  } catch (cause) {
    const code = cause instanceof DeltaError ? cause.code : "worker-failed";
    reply({ kind: "failed", code, message: cause instanceof Error ? cause.message : String(cause) });
  }
});

/** Of this thread alone: for Linux a thread is what setpriority(2) calls a process, and /proc tells its number. */
function letOthersGoFirst(niceness: number): void {
  try {
    const threadId = Number(readlinkSync("/proc/thread-self").split("/").at(-1));
    setPriority(threadId, niceness);
  } catch {
    // Where /proc is not mounted it works as the others do.
  }
}

function make(maker: typeof createBsdiff40, images: { base: Uint8Array; result: Uint8Array }): void {
  const onProgress = (share: number): void => reply({ kind: "progress", share });
  const made = maker(images.base, images.result, { onProgress });
  reply({ kind: "done", made }, [made.buffer]);
}

function apply(request: VerifiedPatch): void {
  chunks = applyVerified(request);
  sendNextChunk();
}

function makeImage({ base, patch, maxResultBytes }: ImagePatchRequest): void {
  const onProgress = (share: number): void => reply({ kind: "progress", share });
  const made = applyImagePatch(base, patch, { maxResultBytes, onProgress });
  reply({ kind: "done", made }, [made.buffer]);
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
