import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { ArtifactStore } from "./store.ts";

/** Artifacts that live as long as the process: for tests, and for rigs in virtual time. */
export function memoryArtifacts(): ArtifactStore {
  const files = new Map<string, Uint8Array>();
  return {
    put(bytes) {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      files.set(sha256, Uint8Array.from(bytes));
      return Promise.resolve(sha256);
    },
    length: (sha256) => Promise.resolve(files.get(sha256)?.length),
    read: (sha256) => Promise.resolve(files.get(sha256)!),
    stream: (sha256, { first, last }) =>
      Readable.from([Buffer.from(files.get(sha256)!.subarray(first, last + 1))], { objectMode: false }),
  };
}
