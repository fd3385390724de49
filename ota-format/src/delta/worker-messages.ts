import type { VerifiedPatch } from "./apply-verified.ts";
import type { ImagePatchRequest } from "./engine.ts";
import type { DeltaErrorCode } from "./delta-error.ts";

/** What the worker is started with. */
export interface WorkerSettings {
  readonly niceness: number;
}

/** To the worker: a job, or that the piece last sent has been dealt with. */
export type WorkerRequest =
  | {
      readonly kind: "create" | "listDetoolsSteps";
      readonly base: Uint8Array;
      readonly result: Uint8Array;
    }
  | { readonly kind: "apply"; readonly request: VerifiedPatch }
  | { readonly kind: "applyImagePatch"; readonly request: ImagePatchRequest }
  | { readonly kind: "chunkTaken" };

/** From the worker; `done` or `failed` ends a job. */
export type WorkerReply =
  | { readonly kind: "progress"; readonly share: number }
  | { readonly kind: "chunk"; readonly chunk: Uint8Array<ArrayBuffer> }
  | { readonly kind: "done"; readonly made?: Uint8Array<ArrayBuffer> }
  | { readonly kind: "failed"; readonly code: DeltaErrorCode; readonly message: string };
