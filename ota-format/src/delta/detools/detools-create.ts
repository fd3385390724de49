import type { DeltaEngine, EngineCreateOptions } from "../engine.ts";
import { concatenate } from "../bytes.ts";
import { ECU_LZMA } from "./lzma-header.ts";
import type { LzmaProperties } from "./lzma-header.ts";
import { encodePatchStart } from "./patch-start.ts";

/**
 * Compresses to a raw LZMA stream: no header, an end marker. Passed in, since only the cloud has an encoder.
 */
export type LzmaCompressor = (bytes: Uint8Array, properties: LzmaProperties) => Promise<Uint8Array>;

export interface DetoolsCreateOptions extends EngineCreateOptions {
  /** Where the differences are looked for. */
  readonly engine: DeltaEngine;
  readonly compress: LzmaCompressor;
  /** {@link ECU_LZMA} unless told. */
  readonly properties?: LzmaProperties;
}

/**
 * The patch from base to result as detools' type "sequential" with LZMA, for an ECU to apply as it arrives.
 */
export async function createDetools(
  base: Uint8Array,
  result: Uint8Array,
  options: DetoolsCreateOptions,
): Promise<Uint8Array> {
  const { engine, compress, properties = ECU_LZMA } = options;
  const start = encodePatchStart(result.length, properties);
  if (result.length === 0) return start;
  const steps = await engine.listDetoolsSteps(base, result, options);
  const stream = await compress(steps, properties);
  return concatenate([start, stream]);
}
