import { createHash } from "node:crypto";
import { compressLzma } from "@halfshaft/cloud-lite";
import {
  applyVerified,
  createBsdiff40,
  createDetools,
  createImagePatch,
  DeltaError,
  DetoolsDecoder,
  type ImagePair,
  inlineDeltaEngine,
  randomSource,
  readSegmentPatches,
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
/** Magic, number of patches, and for each address, length and digest. */
const SEGMENTS_INDEX_BYTES = 5 + 2 * 40;
const MAX_PIECE_BYTES = 600;
const NOTHING = new Uint8Array(0);

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

/** As an ECU applies a patch, in pieces of any size. @returns how long the result is */
function decode(
  patch: Uint8Array,
  base: Uint8Array,
  maxResultBytes: number,
  write: (bytes: Uint8Array, offset: number) => void,
): number {
  const device = {
    readBase(offset: number, into: Uint8Array): void {
      into.set(base.subarray(offset, offset + into.length));
    },
    writeResult: write,
  };
  const decoder = new DetoolsDecoder(device, { baseBytes: base.length, maxResultBytes });
  const pieceBytes = 1 + (patch.length % MAX_PIECE_BYTES);
  for (let at = 0; at < patch.length; at += pieceBytes) decoder.push(patch.subarray(at, at + pieceBytes));
  decoder.finish();
  return decoder.resultBytes;
}

/** What the ECU wrote, checked as it does at the end. */
class Bank {
  readonly #bytes: Uint8Array;
  readonly #digest: Buffer;

  constructor(result: Uint8Array) {
    this.#bytes = new Uint8Array(result.length);
    this.#digest = sha256(result);
  }

  set(page: Uint8Array, offset: number): void {
    this.#bytes.set(page, offset);
  }

  check(): void {
    if (sha256(this.#bytes).equals(this.#digest)) return;
    throw new DeltaError("result-mismatch", "the ECU made another image");
  }
}

const detoolsPatch = (base: Uint8Array, result: Uint8Array): Promise<Uint8Array> =>
  createDetools(base, result, { engine: inlineDeltaEngine(), compress: compressLzma });

const DETOOLS: FuzzedFormat = {
  name: "detools",
  headerBytes: DETOOLS_HEADER_BYTES,
  make: ({ base, result }) => detoolsPatch(base, result),
  applyTo:
    ({ base, result }) =>
    (patch, write) => {
      const bank = new Bank(result);
      const made = decode(patch, base, result.length, (page, offset) => {
        write(page, offset);
        bank.set(page, offset);
      });
      if (made !== result.length) throw new DeltaError("bad-length", "the ECU made a shorter image");
      bank.check();
    },
};

/** The image compressed: the patch that has no base. */
const COMPRESSED: FuzzedFormat = {
  ...DETOOLS,
  name: "detools, no base",
  make: ({ result }) => detoolsPatch(NOTHING, result),
  applyTo: ({ result }) => DETOOLS.applyTo({ base: NOTHING, result }),
};

/** Where the second of two segments begins; the first has an odd length. */
const SECOND_AT = 1001;
const segmentsOf = ({ length }: Uint8Array) => [
  { address: 0x1000_1000, length: SECOND_AT },
  { address: 0x7000_0000, length: length - SECOND_AT },
];

/** An image of two segments: the index as the gateway reads it, then each patch as the ECU applies it. */
const SEGMENTS: FuzzedFormat = {
  name: "detools, 2 segments",
  headerBytes: SEGMENTS_INDEX_BYTES,
  make: ({ base, result }) =>
    createImagePatch(result, segmentsOf(result), (part) => detoolsPatch(base, part)),
  applyTo:
    ({ base, result }) =>
    (file, write) => {
      const bank = new Bank(result);
      const patches = readSegmentPatches(file, file.length);
      const segments = segmentsOf(result);
      if (patches.length !== segments.length)
        throw new DeltaError("bad-header", "another number of segments");
      let start = 0;
      for (const [i, { offset, length }] of patches.entries()) {
        const segment = segments[i]!;
        const from = start;
        const made = decode(file.subarray(offset, offset + length), base, segment.length, (page, at) => {
          write(page, from + at);
          bank.set(page, from + at);
        });
        if (made !== segment.length) throw new DeltaError("bad-length", "the ECU made a shorter segment");
        start += segment.length;
      }
      bank.check();
    },
};

export const FUZZED_FORMATS: readonly FuzzedFormat[] = [BSDIFF40, DETOOLS, COMPRESSED, SEGMENTS];

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
