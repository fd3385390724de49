import { createHash } from "node:crypto";
import {
  applyBsdiff40,
  applyImagePatch,
  DeltaError,
  inspectBsdiff40,
  inspectDetools,
  isSegmentPatches,
  readSegmentPatches,
  workerDeltaEngine,
} from "@halfshaft/ota-format/delta";
import type { DeltaFormat } from "@halfshaft/ota-format/trust";
import { Refusal } from "../refusals.ts";
import { deltaCreator } from "../releases/deltas/delta-creator.ts";
import { writeIntelHex } from "../releases/formats/intel-hex.ts";
import type { MemoryBlock } from "../releases/formats/memory.ts";
import { hex } from "../releases/formats/text-records.ts";
import { imageOf, imagesOf } from "./firmware-file.ts";
import { formatOf, inspectPatch, neededProperties } from "./patch-facts.ts";
import { demandFree, readPlainFile, writePlainFile } from "./plain-file.ts";
import { ProgressLine } from "./progress-line.ts";

/** Below this everything is done before a bar could be read. */
const LARGE_BYTES = 1_000_000;
/** A patch that announces more is taken for a damaged or hostile one. */
const MAX_RESULT_BYTES = 1024 ** 3;

const NO_ADDRESS = {
  reason:
    "a patch of one segment does not say where its image lies, so Intel HEX cannot be written; " +
    "let the name of NEW end in .bin",
  verb: "delta",
};

export interface FileOptions {
  /** Whether a file that is there may be replaced. */
  readonly force: boolean;
  /** Whether Intel HEX and S-record files are taken as the texts that they are, not as the images that they describe. */
  readonly plain?: boolean;
}

/** @returns what was made, for a person @throws {Refusal} HEX_MALFORMED, SREC_MALFORMED */
export async function createFile(
  format: DeltaFormat,
  oldPath: string,
  newPath: string,
  patchPath: string,
  { force, plain = false }: FileOptions,
): Promise<string> {
  await demandFree(patchPath, force);
  const [old, fresh] = [await readPlainFile(oldPath), await readPlainFile(newPath)];
  // Only an ECU has segments; the gateway patches files.
  const images = format === "detools" && !plain ? imagesOf(old, fresh) : undefined;
  const [base, result] = [images?.[0].file ?? old, images?.[1].file ?? fresh];
  const creator = deltaCreator(workerDeltaEngine());
  try {
    const patch = await withProgress(result.length, (onProgress) =>
      creator.create(format, base, result, { onProgress, segments: images?.[1].segments }),
    );
    await writePlainFile(patchPath, patch, force);
    const share =
      result.length === 0 ? "" : `, ${((100 * patch.length) / result.length).toFixed(1)} % of NEW`;
    return `${described(patchPath, patch)}${share}`;
  } finally {
    await creator.close?.();
  }
}

/**
 * What a detools patch makes of an Intel HEX or S-record file is the image file, or Intel HEX again where the patch holds
 * several segments and the name of the new file ends in .hex.
 * @returns what was made, for a person
 * @throws {Refusal} PATCH_UNUSABLE, HEX_MALFORMED, SREC_MALFORMED; OPTION_INVALID for a name in .hex without addresses
 */
export async function applyFile(
  oldPath: string,
  patchPath: string,
  newPath: string,
  { force, plain = false }: FileOptions,
): Promise<string> {
  await demandFree(newPath, force);
  const [old, patch] = [await readPlainFile(oldPath), await readPlainFile(patchPath)];
  const image = formatOf(patch) === "detools" && !plain ? imageOf(old) : undefined;
  const isHex = newPath.endsWith(".hex") && !plain;
  if (isHex && image !== undefined && !isSegmentPatches(patch))
    throw new Refusal("OPTION_INVALID", NO_ADDRESS);
  const base = image?.file ?? old;
  const result = await withProgress(base.length, async (onProgress) =>
    refusing(patchPath, () => apply(base, patch, onProgress)),
  );
  const made =
    isHex && isSegmentPatches(patch)
      ? Buffer.from(writeIntelHex(refusing(patchPath, () => blocksOf(result, patch))))
      : result;
  await writePlainFile(newPath, made, force);
  return described(newPath, made);
}

/** The stretches of memory that an image file of several segments goes to. */
function blocksOf(image: Uint8Array, patch: Uint8Array): MemoryBlock[] {
  let at = 0;
  return readSegmentPatches(patch, patch.length).map(({ address, offset, length }) => {
    const { resultBytes } = inspectDetools(patch.subarray(offset, offset + length));
    return { address, bytes: image.subarray(at, (at += resultBytes)) };
  });
}

/** @returns what a patch says of itself @throws {Refusal} PATCH_UNUSABLE */
export async function inspectFile(patchPath: string, json: boolean): Promise<string> {
  const patch = await readPlainFile(patchPath);
  const { segments = [], ...facts } = refusing(patchPath, () => inspectPatch(patch));
  if (json) return JSON.stringify(segments.length === 0 ? facts : { ...facts, segments });
  const lines = Object.entries(facts).map(([name, value]) => `${name.padEnd(20)} ${value}`);
  const parts = segments.map(
    ({ address, resultBytes, patchBytes }) =>
      `${"segment".padEnd(20)} ${hex(address)}: ${resultBytes} bytes from a patch of ${patchBytes}`,
  );
  return [...lines, ...parts].join("\n");
}

type OnProgress = (share: number) => void;

function apply(base: Uint8Array, patch: Uint8Array, onProgress: OnProgress): Uint8Array {
  const limits = { maxResultBytes: MAX_RESULT_BYTES };
  if (formatOf(patch) === "detools") {
    return applyImagePatch(base, patch, { ...limits, limits: neededProperties(patch), onProgress });
  }
  const { resultBytes } = inspectBsdiff40(patch);
  const chunks: Uint8Array[] = [];
  let made = 0;
  for (const chunk of applyBsdiff40(base, patch, limits)) {
    chunks.push(chunk);
    made += chunk.length;
    onProgress(made / resultBytes);
  }
  return Buffer.concat(chunks);
}

function refusing<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof DeltaError)) throw cause;
    throw new Refusal("PATCH_UNUSABLE", { path, reason: cause.message }, { cause });
  }
}

async function withProgress<T>(bytes: number, work: (onProgress: OnProgress) => Promise<T>): Promise<T> {
  const line = new ProgressLine(process.stderr);
  try {
    return await work((share) => {
      if (bytes >= LARGE_BYTES) line.show(share);
    });
  } finally {
    line.end();
  }
}

const described = (path: string, bytes: Uint8Array): string =>
  `${path}: ${bytes.length} bytes, SHA-256 ${sha256Of(bytes)}`;

const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
