import { createHash } from "node:crypto";
import {
  applyBsdiff40,
  applyDetools,
  DeltaError,
  inspectBsdiff40,
  inspectDetools,
  type LzmaProperties,
  workerDeltaEngine,
} from "@halfshaft/ota-format/delta";
import type { DeltaFormat } from "@halfshaft/ota-format/trust";
import { Refusal } from "../refusals.ts";
import { deltaCreator } from "../releases/delta-creator.ts";
import { demandFree, readPlainFile, writePlainFile } from "./plain-file.ts";
import { ProgressLine } from "./progress-line.ts";

/** Below this everything is done before a bar could be read. */
const LARGE_BYTES = 1_000_000;
/** A patch that announces more is taken for a damaged or hostile one. */
const MAX_RESULT_BYTES = 1024 ** 3;
/** Here, where memory does not matter, patches of other makers are taken too, whose dictionaries are larger. */
const MAX_DICTIONARY_BYTES = 64 * 1024 ** 2;

/** @returns what was made, for a person */
export async function createFile(
  format: DeltaFormat,
  oldPath: string,
  newPath: string,
  patchPath: string,
  force: boolean,
): Promise<string> {
  await demandFree(patchPath, force);
  const [base, result] = [await readPlainFile(oldPath), await readPlainFile(newPath)];
  const creator = deltaCreator(workerDeltaEngine());
  try {
    const patch = await withProgress(result.length, (onProgress) =>
      creator.create(format, base, result, { onProgress }),
    );
    await writePlainFile(patchPath, patch, force);
    const share =
      result.length === 0 ? "" : `, ${((100 * patch.length) / result.length).toFixed(1)} % of NEW`;
    return `${described(patchPath, patch)}${share}`;
  } finally {
    await creator.close?.();
  }
}

/** @returns what was made, for a person @throws {Refusal} PATCH_UNUSABLE */
export async function applyFile(
  oldPath: string,
  patchPath: string,
  newPath: string,
  force: boolean,
): Promise<string> {
  await demandFree(newPath, force);
  const [base, patch] = [await readPlainFile(oldPath), await readPlainFile(patchPath)];
  const result = await withProgress(base.length, async (onProgress) =>
    refusing(patchPath, () => apply(base, patch, onProgress)),
  );
  await writePlainFile(newPath, result, force);
  return described(newPath, result);
}

/** @returns what a patch says of itself @throws {Refusal} PATCH_UNUSABLE */
export async function inspectFile(patchPath: string, json: boolean): Promise<string> {
  const patch = await readPlainFile(patchPath);
  const facts = refusing(patchPath, () => inspect(patch));
  if (json) return JSON.stringify(facts);
  return Object.entries(facts)
    .map(([name, value]) => `${name.padEnd(20)} ${value}`)
    .join("\n");
}

type OnProgress = (share: number) => void;

function apply(base: Uint8Array, patch: Uint8Array, onProgress: OnProgress): Uint8Array {
  const limits = { maxResultBytes: MAX_RESULT_BYTES };
  if (formatOf(patch) === "detools") {
    const { properties } = inspectDetools(patch);
    if (properties) demandSmallDictionary(properties);
    return applyDetools(base, patch, { ...limits, limits: properties, onProgress });
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

function inspect(patch: Uint8Array): Record<string, string | number> {
  const common = { patchBytes: patch.length, sha256: sha256Of(patch) };
  if (formatOf(patch) === "bsdiff40") return { format: "bsdiff40", ...common, ...inspectBsdiff40(patch) };
  const { resultBytes, properties } = inspectDetools(patch);
  return { format: "detools", ...common, resultBytes, ...properties };
}

/** By its first byte: what is no bsdiff patch is for detools to refuse. */
const formatOf = (patch: Uint8Array): DeltaFormat => (patch[0] === 0x42 ? "bsdiff40" : "detools");

function demandSmallDictionary({ dictionaryBytes }: LzmaProperties): void {
  if (dictionaryBytes <= MAX_DICTIONARY_BYTES) return;
  throw new DeltaError(
    "too-large",
    `the patch needs a dictionary of ${dictionaryBytes} bytes, at most ${MAX_DICTIONARY_BYTES} are allowed`,
  );
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
