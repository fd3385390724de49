import { createHash } from "node:crypto";
import {
  DeltaError,
  type DetoolsPatchStart,
  inspectBsdiff40,
  inspectDetools,
  isSegmentPatches,
  type LzmaProperties,
  readSegmentPatches,
} from "@halfshaft/ota-format/delta";
import type { DeltaFormat } from "@halfshaft/ota-format/trust";

/** Here, where memory does not matter, patches of other makers are taken too, whose dictionaries are larger. */
const MAX_DICTIONARY_BYTES = 64 * 1024 ** 2;

/** What a patch says of itself, by names that are shown. */
export interface PatchFacts extends Partial<LzmaProperties> {
  readonly format: DeltaFormat;
  readonly patchBytes: number;
  readonly sha256: string;
  readonly resultBytes: number;
  /** Of an image of several. */
  readonly segments?: readonly SegmentFacts[];
}

interface SegmentFacts {
  readonly address: number;
  readonly patchBytes: number;
  readonly resultBytes: number;
}

/** By its first byte: what is no bsdiff patch is for detools to refuse. */
export const formatOf = (patch: Uint8Array): DeltaFormat => (patch[0] === 0x42 ? "bsdiff40" : "detools");

/** @throws {DeltaError} */
export function inspectPatch(patch: Uint8Array): PatchFacts {
  const sha256 = createHash("sha256").update(patch).digest("hex");
  const common = { patchBytes: patch.length, sha256 };
  if (formatOf(patch) === "bsdiff40") return { format: "bsdiff40", ...common, ...inspectBsdiff40(patch) };
  const starts = detoolsStarts(patch);
  const resultBytes = starts.reduce((sum, start) => sum + start.resultBytes, 0);
  const facts = { format: "detools", ...common, resultBytes, ...largestProperties(starts) } as const;
  if (!isSegmentPatches(patch)) return facts;
  const segments = readSegmentPatches(patch, patch.length).map(({ address, length }, i) => ({
    address,
    patchBytes: length,
    resultBytes: starts[i]!.resultBytes,
  }));
  return { ...facts, segments };
}

/**
 * What a decoder must have for all patches of a file; undefined where their results are empty.
 * @throws {DeltaError} `too-large` for a dictionary beyond all reason
 */
export function neededProperties(patch: Uint8Array): LzmaProperties | undefined {
  const properties = largestProperties(detoolsStarts(patch));
  if (properties === undefined || properties.dictionaryBytes <= MAX_DICTIONARY_BYTES) return properties;
  const { dictionaryBytes } = properties;
  throw new DeltaError(
    "too-large",
    `the patch needs a dictionary of ${dictionaryBytes} bytes, at most ${MAX_DICTIONARY_BYTES} are allowed`,
  );
}

/** Of each patch of a file; the file for one segment is one patch. */
function detoolsStarts(file: Uint8Array): DetoolsPatchStart[] {
  if (!isSegmentPatches(file)) return [inspectDetools(file)];
  return readSegmentPatches(file, file.length).map(({ offset, length }) =>
    inspectDetools(file.subarray(offset, offset + length)),
  );
}

function largestProperties(starts: readonly DetoolsPatchStart[]): LzmaProperties | undefined {
  const all = starts.flatMap(({ properties }) => properties ?? []);
  if (all.length === 0) return undefined;
  const most = (of: (properties: LzmaProperties) => number): number => Math.max(...all.map(of));
  return {
    literalContextBits: most((p) => p.literalContextBits),
    literalPositionBits: most((p) => p.literalPositionBits),
    positionBits: most((p) => p.positionBits),
    dictionaryBytes: most((p) => p.dictionaryBytes),
  };
}
