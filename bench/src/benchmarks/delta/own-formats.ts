import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  createDetools,
  DetoolsDecoder,
  type LzmaCompressor,
  workerDeltaEngine,
} from "@halfshaft/ota-format/delta";
import { type DeltaFormat, secondsOf } from "./delta-format.ts";
import { peakMemoryOf } from "./tool.ts";
import type { Workspace } from "./workspace.ts";

const OWN_PROCESS = fileURLToPath(new URL("own-process.ts", import.meta.url));

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();

function ownPeak(job: "create" | "steps" | "apply", base: string, other: string): Promise<number | null> {
  return peakMemoryOf(process.execPath, [OWN_PROCESS, job, base, other]);
}

/** BSDIFF40 in a worker that is kept warm; applying checks the digests of base and result, as a gateway does. */
export function bsdiff40Format(): DeltaFormat {
  const engine = workerDeltaEngine();
  let patch: Uint8Array = new Uint8Array();
  return {
    name: "bsdiff40",
    own: true,
    diff: ({ base, result }) => secondsOf(async () => (patch = await engine.create(base, result))),
    async apply(workspace) {
      const { base, result } = workspace;
      const request = {
        base,
        baseSha256: sha256(base),
        patch,
        resultSha256: sha256(result),
        resultLength: result.length,
      };
      const chunks: Uint8Array[] = [];
      const seconds = await secondsOf(() => engine.apply(request, (chunk) => void chunks.push(chunk)));
      workspace.checkResult("bsdiff40", Buffer.concat(chunks));
      return seconds;
    },
    patchBytes: async () => patch.length,
    async peakMemory({ basePath, resultPath, path }) {
      const patchPath = path("bsdiff40.patch");
      await writeFile(patchPath, patch);
      return {
        diff: await ownPeak("create", basePath, resultPath),
        apply: await ownPeak("apply", basePath, patchPath),
      };
    },
    close: () => engine.close(),
  };
}

/** The ECU's format; the memory for applying is what the decoder counts, its buffers included. */
export function detoolsFormat(compress: LzmaCompressor): DeltaFormat {
  const engine = workerDeltaEngine();
  let patch: Uint8Array = new Uint8Array();
  let ramBytes = 0;
  const decode = ({ base, result }: Workspace): Uint8Array => {
    const made = new Uint8Array(result.length);
    const device = {
      readBase: (offset: number, into: Uint8Array): void =>
        into.set(base.subarray(offset, offset + into.length)),
      writeResult: (page: Uint8Array, offset: number): void => made.set(page, offset),
    };
    const decoder = new DetoolsDecoder(device, { baseBytes: base.length, maxResultBytes: result.length });
    ({ ramBytes } = decoder);
    decoder.push(patch);
    decoder.finish();
    return made;
  };
  return {
    name: "detools",
    own: true,
    diff: ({ base, result }) =>
      secondsOf(async () => (patch = await createDetools(base, result, { engine, compress }))),
    async apply(workspace) {
      let made: Uint8Array = new Uint8Array();
      const seconds = await secondsOf(() => (made = decode(workspace)));
      workspace.checkResult("detools", made);
      return seconds;
    },
    patchBytes: async () => patch.length,
    peakMemory: async ({ basePath, resultPath }) => ({
      diff: await ownPeak("steps", basePath, resultPath),
      apply: ramBytes,
    }),
    close: () => engine.close(),
  };
}
