import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ImagePair } from "@halfshaft/ota-format/delta";
import { BenchError } from "../../bench-error.ts";

/** A pair in memory and as files, with room for what is made of it. */
export interface Workspace extends ImagePair {
  readonly basePath: string;
  readonly resultPath: string;
  /** A file of this name in the workspace's own folder. */
  readonly path: (name: string) => string;
  /** @throws {BenchError} `UNEXPECTED_RESULT` where these bytes are not the pair's result */
  checkResult(format: string, bytes: Uint8Array): void;
  checkResultFile(format: string, path: string): Promise<void>;
  close(): Promise<void>;
}

/** A folder of its own under the system's temporary folder; `close` removes it. */
export async function openWorkspace(pair: ImagePair): Promise<Workspace> {
  const folder = await mkdtemp(join(tmpdir(), "halfshaft-delta-"));
  const path = (name: string): string => join(folder, name);
  const basePath = path("base");
  const resultPath = path("result");
  await Promise.all([writeFile(basePath, pair.base), writeFile(resultPath, pair.result)]);
  const checkResult = (format: string, bytes: Uint8Array): void => {
    if (Buffer.compare(bytes, pair.result) === 0) return;
    throw new BenchError("UNEXPECTED_RESULT", `applying the patch of ${format} does not give the new image`);
  };
  return {
    ...pair,
    basePath,
    resultPath,
    path,
    checkResult,
    checkResultFile: async (format, file) => checkResult(format, await readFile(file)),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
