import { createDetools, type DeltaEngine, type EngineCreateOptions } from "@halfshaft/ota-format/delta";
import type { DeltaFormat } from "@halfshaft/ota-format/trust";
import { compressLzma } from "./lzma-compressor.ts";

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

/** With an engine that looks for the differences, in this thread or in another; and liblzma for the patches of ECUs. */
export const deltaCreator = (engine: DeltaEngine): DeltaCreator => ({
  create: (format, base, result, options) =>
    format === "bsdiff40"
      ? engine.create(base, result, options)
      : createDetools(base, result, { ...options, engine, compress: compressLzma }),
  close: () => engine.close(),
});
