import {
  createDetools,
  createImagePatch,
  type DeltaEngine,
  type EngineCreateOptions,
  type SegmentRange,
} from "@halfshaft/ota-format/delta";
import type { DeltaFormat } from "@halfshaft/ota-format/trust";
import { lzmaCompressor } from "./lzma-compressor.ts";

export interface DeltaCreateOptions extends EngineCreateOptions {
  /** Of the result, which an ECU gets segment by segment; left out: one. */
  readonly segments?: readonly SegmentRange[];
}

/** Makes patches of every format. */
export interface DeltaCreator {
  /** @throws {DeltaError} */
  create(
    format: DeltaFormat,
    base: Uint8Array,
    result: Uint8Array,
    options?: DeltaCreateOptions,
  ): Promise<Uint8Array>;
  close?(): Promise<void> | void;
}

/** How the time of a patch for an ECU divides, roughly: looking for differences, compressing them. */
const LOOKED_SHARE = 0.5;

/** With an engine that looks for the differences, in this thread or in another; and liblzma for the patches of ECUs. */
export const deltaCreator = (engine: DeltaEngine): DeltaCreator => ({
  create(format, base, result, options = {}) {
    if (format === "bsdiff40") return engine.create(base, result, options);
    const { signal, onProgress, segments = [] } = options;
    return createImagePatch(result, segments, (part, { at, of }) => {
      const done = (share: number): void => onProgress?.((at + share * part.length) / of);
      return createDetools(base, part, {
        engine,
        compress: lzmaCompressor((share) => done(LOOKED_SHARE + (1 - LOOKED_SHARE) * share)),
        signal,
        onProgress: (share) => done(LOOKED_SHARE * share),
      });
    });
  },
  close: () => engine.close(),
});
