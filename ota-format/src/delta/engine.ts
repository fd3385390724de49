import { applyVerified } from "./apply-verified.ts";
import type { VerifiedPatch } from "./apply-verified.ts";
import { createBsdiff40 } from "./bsdiff40-create.ts";
import { listDetoolsSteps } from "./detools/detools-steps.ts";
import { applyImagePatch } from "./image-patch.ts";

export interface EngineOptions {
  /** Gives up; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface EngineCreateOptions extends EngineOptions {
  /** A share from 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** Takes the result piece by piece; where it returns a promise, the next piece waits for it. */
export type ChunkSink = (chunk: Uint8Array) => void | Promise<void>;

/** An ECU's patch, where memory does not matter: see {@link applyImagePatch}. */
export interface ImagePatchRequest {
  readonly base: Uint8Array;
  readonly patch: Uint8Array;
  readonly maxResultBytes: number;
}

/** Makes and applies patches of both formats; whether in this thread or in another, callers need not know. */
export interface DeltaEngine {
  /** The BSDIFF40 patch from base to result. */
  create(base: Uint8Array, result: Uint8Array, options?: EngineCreateOptions): Promise<Uint8Array>;

  /** What the ECU's patch from base to result compresses; for {@link createDetools}. */
  listDetoolsSteps(base: Uint8Array, result: Uint8Array, options?: EngineCreateOptions): Promise<Uint8Array>;

  /**
   * Hands the result to `onChunk` in order. Only when the promise is fulfilled are base and result proven.
   * @throws {DeltaError} as {@link applyVerified}; or whatever `onChunk` throws
   */
  apply(request: VerifiedPatch, onChunk: ChunkSink, options?: EngineOptions): Promise<void>;

  /**
   * The image that an ECU's patch makes, at once and unproven.
   * @throws {DeltaError} as {@link applyImagePatch}
   */
  applyImagePatch(request: ImagePatchRequest, options?: EngineOptions): Promise<Uint8Array>;

  /** Ends what the engine keeps running; a job under way is given up. */
  close(): Promise<void>;
}

/** Works in this thread, without real time in between: for virtual time, and where a thread is not worth it. */
export function inlineDeltaEngine(): DeltaEngine {
  return {
    async create(base, result, options = {}) {
      options.signal?.throwIfAborted();
      return createBsdiff40(base, result, options);
    },
    async listDetoolsSteps(base, result, options = {}) {
      options.signal?.throwIfAborted();
      return listDetoolsSteps(base, result, options);
    },
    async apply(request, onChunk, options = {}) {
      for (const chunk of applyVerified(request)) {
        options.signal?.throwIfAborted();
        await onChunk(chunk);
      }
    },
    async applyImagePatch({ base, patch, maxResultBytes }, options = {}) {
      options.signal?.throwIfAborted();
      return applyImagePatch(base, patch, { maxResultBytes });
    },
    async close() {},
  };
}
