import { createDetools, type DeltaEngine, type EngineCreateOptions } from "@halfshaft/ota-format/delta";
import type { DeltaFormat } from "@halfshaft/ota-format/trust";
import { lzmaCompressor } from "./lzma-compressor.ts";

/** Makes patches of every format. */
export interface DeltaCreator {
  /** @throws {DeltaError} */
  create(
    format: DeltaFormat,
    base: Uint8Array,
    result: Uint8Array,
    options?: EngineCreateOptions,
  ): Promise<Uint8Array>;
  close?(): Promise<void> | void;
}

/** How the time of a patch for an ECU divides, roughly: looking for differences, compressing them. */
const LOOKED_SHARE = 0.5;

/** With an engine that looks for the differences, in this thread or in another; and liblzma for the patches of ECUs. */
export const deltaCreator = (engine: DeltaEngine): DeltaCreator => ({
  create(format, base, result, options = {}) {
    if (format === "bsdiff40") return engine.create(base, result, options);
    const { signal, onProgress } = options;
    return createDetools(base, result, {
      engine,
      compress: lzmaCompressor((share) => onProgress?.(LOOKED_SHARE + (1 - LOOKED_SHARE) * share)),
      signal,
      onProgress: (share) => onProgress?.(LOOKED_SHARE * share),
    });
  },
  close: () => engine.close(),
});
