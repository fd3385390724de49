import { createHash } from "node:crypto";
import { compressLzma } from "@halfshaft/cloud-lite";
import {
  applyVerified,
  createBsdiff40,
  createDetools,
  DeltaError,
  DetoolsDecoder,
  type ImagePair,
  inlineDeltaEngine,
  randomSource,
} from "@halfshaft/ota-format/delta";
import { corrupt, CORRUPTIONS } from "./corrupt.ts";
import { rounded } from "./statistics.ts";

/** What happened when spoilt patches were applied. */
export interface FuzzResult {
  readonly format: string;
  readonly patches: number;
  /** With a typed error, before the end or by the digest of base or result. */
  readonly refused: number;
  /** How many were refused with each code. */
  readonly codes: Readonly<Record<string, number>>;
  /** Applied to their end and gave the right image all the same. */
  readonly harmless: number;
  /** Applied to their end, wrong, and not noticed; or failed with another error than ours. */
  readonly violations: readonly string[];
  /** Bytes handed over that lie outside the bank. */
  readonly writesOutside: number;
  /** Processor time of the slowest one, ms; the clock on the wall would show what else the machine does. */
  readonly slowestCpuMs: number;
  /** Peak resident memory of this process after all of them, beyond that before; what awaits collection included. */
  readonly memoryGrewBytes: number;
}

/** Applies a patch and hands over what it makes. @throws {DeltaError} for one that is refused */
type Apply = (patch: Uint8Array, write: (bytes: Uint8Array, offset: number) => void) => void;

interface FuzzedFormat {
  readonly name: string;
  readonly headerBytes: number;
  readonly make: (pair: ImagePair) => Uint8Array | Promise<Uint8Array>;
  readonly applyTo: (pair: ImagePair) => Apply;
}

const BSDIFF40_HEADER_BYTES = 32;
/** Type, length of the result (three bytes below 1 MB), LZMA properties, and the start of the stream. */
const DETOOLS_HEADER_BYTES = 1 + 3 + 13 + 5;
const MAX_PIECE_BYTES = 600;

const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

const BSDIFF40: FuzzedFormat = {
  name: "bsdiff40",
  headerBytes: BSDIFF40_HEADER_BYTES,
  make: ({ base, result }) => createBsdiff40(base, result),
  applyTo({ base, result }) {
    const request = {
      base,
      baseSha256: sha256(base),
      resultSha256: sha256(result),
      resultLength: result.length,
    };
    return (patch, write) => {
      let offset = 0;
      for (const chunk of applyVerified({ ...request, patch })) {
        write(chunk, offset);
        offset += chunk.length;
      }
    };
  },
};

/** As an ECU applies it, in pieces of any size, and checks the digest at the end. */
const DETOOLS: FuzzedFormat = {
  name: "detools",
  headerBytes: DETOOLS_HEADER_BYTES,
  make: ({ base, result }) =>
    createDetools(base, result, { engine: inlineDeltaEngine(), compress: compressLzma }),
  applyTo({ base, result }) {
    const digest = sha256(result);
    const options = { baseBytes: base.length, maxResultBytes: result.length };
    return (patch, write) => {
      const bank = new Uint8Array(result.length);
      const device = {
        readBase(offset: number, into: Uint8Array): void {
          into.set(base.subarray(offset, offset + into.length));
        },
        writeResult(page: Uint8Array, offset: number): void {
          write(page, offset);
          bank.set(page, offset);
        },
      };
      const decoder = new DetoolsDecoder(device, options);
      const pieceBytes = 1 + (patch.length % MAX_PIECE_BYTES);
      for (let at = 0; at < patch.length; at += pieceBytes) decoder.push(patch.subarray(at, at + pieceBytes));
      decoder.finish();
      if (decoder.resultBytes === result.length && sha256(bank).equals(digest)) return;
      throw new DeltaError("result-mismatch", "the ECU made another image");
    };
  },
};

export const FUZZED_FORMATS: readonly FuzzedFormat[] = [BSDIFF40, DETOOLS];

export interface FuzzOptions {
  readonly patches: number;
  readonly seed: number;
  /** Images between which the foreign patch lies. */
  readonly foreign: ImagePair;
}

const peakMemoryBytes = (): number => process.resourceUsage().maxRSS * 1024;

/** Spoils the patch of a pair in so many ways, in turns of each kind, and applies what comes of it. */
export async function fuzzFormat(
  { name, headerBytes, make, applyTo }: FuzzedFormat,
  pair: ImagePair,
  { patches, seed, foreign }: FuzzOptions,
): Promise<FuzzResult> {
  const patch = await make(pair);
  const donor = { headerBytes, foreign: await make(foreign) };
  const apply = applyTo(pair);
  const random = randomSource(seed);
  const codes: Record<string, number> = {};
  const violations: string[] = [];
  let refused = 0;
  let harmless = 0;
  let writesOutside = 0;
  let slowestCpuMs = 0;
  const memoryBefore = peakMemoryBytes();
  for (let run = 0; run < patches; run++) {
    const how = CORRUPTIONS[run % CORRUPTIONS.length]!;
    const spoilt = corrupt(patch, how, random, donor);
    const made = new Uint8Array(pair.result.length);
    const cpuBefore = process.cpuUsage();
    try {
      apply(spoilt, (bytes, offset) => {
        if (offset < 0 || offset + bytes.length > made.length) writesOutside++;
        else made.set(bytes, offset);
      });
      if (Buffer.compare(made, pair.result) === 0) harmless++;
      else violations.push(`run ${run} (${how}): a wrong image was not noticed`);
    } catch (error) {
      if (error instanceof DeltaError) {
        refused++;
        codes[error.code] = (codes[error.code] ?? 0) + 1;
      } else {
        violations.push(`run ${run} (${how}): ${String(error)}`);
      }
    }
    const { user, system } = process.cpuUsage(cpuBefore);
    slowestCpuMs = Math.max(slowestCpuMs, (user + system) / 1000);
  }
  return {
    format: name,
    patches,
    refused,
    codes,
    harmless,
    violations,
    writesOutside,
    slowestCpuMs: rounded(slowestCpuMs, 1),
    memoryGrewBytes: peakMemoryBytes() - memoryBefore,
  };
}
