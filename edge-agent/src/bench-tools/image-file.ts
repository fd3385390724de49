import { createHash } from "node:crypto";
import type { EcuProfile, MemoryRegion } from "@halfshaft/vehicle-net/ecu";
import intelHex from "nrf-intel-hex";
import type { ImageSource } from "../installer/installer.ts";
import { messageOf } from "../causes.ts";
import { BenchToolError } from "./bench-tool-error.ts";

// Its types describe an ES module; what Node loads is CommonJS, whose default is the class itself.
const MemoryMap = intelHex as unknown as typeof intelHex.default;

/** A contiguous run of bytes at its link address. */
interface Block {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** A file for an ECU, cut to what its profile flashes. */
export interface ImageFile {
  readonly source: ImageSource;
  /** SHA-256 over all segments one after another, lower-case hex. */
  readonly sha256: string;
  /** By address, ascending. */
  readonly segments: readonly { readonly address: number; readonly length: number }[];
  /** What the file has for regions that are not flashed. */
  readonly leftOut: readonly { readonly region: string; readonly address: number; readonly length: number }[];
}

/**
 * Reads the bytes of an Intel HEX file (its first character is a colon) or of a raw one.
 * @param address where a raw file begins; default: the start of the only region that is flashed
 * @throws {BenchToolError} `IMAGE_INVALID`
 */
export function readImage(file: Uint8Array, profile: EcuProfile, address?: number): ImageFile {
  const isHex = file[0] === ":".charCodeAt(0);
  const blocks = isHex ? hexBlocks(file) : [{ address: address ?? onlyRegion(profile).address, bytes: file }];
  const taken: Block[] = [];
  const leftOut: ImageFile["leftOut"][number][] = [];
  for (const { region, block } of blocks.flatMap((block) => splitByRegion(profile, block))) {
    const { address, bytes } = block;
    if (region.flashed) taken.push(block);
    else leftOut.push({ region: region.name, address, length: bytes.length });
  }
  if (taken.length === 0) throw invalid(`it has nothing for the memory that ${profile.title} flashes`);
  const ordered = taken.toSorted((a, b) => a.address - b.address);
  const bytes = Buffer.concat(ordered.map((block) => block.bytes));
  return {
    source: { length: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) },
    sha256: createHash("sha256").update(bytes).digest("hex"),
    segments: ordered.map(({ address, bytes }) => ({ address, length: bytes.length })),
    leftOut,
  };
}

/** The library checks each record and names the line of one that is wrong. */
function hexBlocks(file: Uint8Array): Block[] {
  try {
    const map = MemoryMap.fromHex(Buffer.from(file).toString("latin1"));
    return [...map.join()].map(([address, bytes]) => ({ address, bytes }));
  } catch (cause) {
    throw invalid(`it is no good Intel HEX: ${messageOf(cause)}`, cause);
  }
}

function onlyRegion({ memory, title }: EcuProfile): MemoryRegion {
  const flashed = memory.filter((region) => region.flashed);
  const [only, ...others] = flashed;
  if (only !== undefined && others.length === 0) return only;
  throw invalid(`${title} flashes ${flashed.length} regions, and a raw file does not say which is meant`);
}

/** A block may reach over the border of two regions that touch. */
function splitByRegion(profile: EcuProfile, block: Block): { region: MemoryRegion; block: Block }[] {
  const parts: { region: MemoryRegion; block: Block }[] = [];
  const end = block.address + block.bytes.length;
  for (let at = block.address; at < end;) {
    const region = profile.memory.find((r) => at >= r.address && at < r.address + r.length);
    if (region === undefined) {
      throw invalid(
        `its bytes from ${hex(at)} to ${hex(end - 1)} lie outside the memory of ${profile.title}`,
      );
    }
    const until = Math.min(end, region.address + region.length);
    const bytes = block.bytes.subarray(at - block.address, until - block.address);
    parts.push({ region, block: { address: at, bytes } });
    at = until;
  }
  return parts;
}

const hex = (value: number): string => `0x${value.toString(16)}`;

const invalid = (reason: string, cause?: unknown): BenchToolError =>
  new BenchToolError(
    "IMAGE_INVALID",
    `The image cannot be flashed: ${reason}.`,
    "Compare the file with the memory map in the ECU's profile; a raw file takes --address.",
    { cause },
  );
