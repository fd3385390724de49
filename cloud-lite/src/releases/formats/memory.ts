import { createHash } from "node:crypto";
import type { MemoryRegion, Segment } from "@halfshaft/ota-format";
import { Refusal } from "../../refusals.ts";

/** A contiguous run of bytes at its link address. */
export interface MemoryBlock {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** What an upload has for a region that is not flashed. */
export interface LeftOut {
  readonly name: string;
  readonly address: number;
  readonly length: number;
}

const ADDRESS_SPACE = 0x1_0000_0000;
export const MAX_SEGMENTS = 64;

/** @throws {Refusal} HARDWARE_REGIONS_INVALID: overlapping, beyond 32 bits, empty, or none flashed. */
export function checkRegions(hardwareId: string, regions: readonly MemoryRegion[]): void {
  const refuse = (reason: string): Refusal => new Refusal("HARDWARE_REGIONS_INVALID", { hardwareId, reason });
  const names = new Set<string>();
  const sorted = regions.toSorted((a, b) => a.address - b.address);
  for (const [index, region] of sorted.entries()) {
    const before = sorted[index - 1];
    if (names.has(region.name)) throw refuse(`two are named ${region.name}`);
    if (region.length === 0) throw refuse(`${region.name} is empty`);
    if (region.address + region.length > ADDRESS_SPACE) throw refuse(`${region.name} ends beyond 32 bits`);
    if (before && before.address + before.length > region.address) {
      throw refuse(`${before.name} and ${region.name} overlap`);
    }
    names.add(region.name);
  }
  if (!regions.some((region) => region.flashed)) throw refuse("none is flashed");
}

/**
 * Splits an upload by the regions of its hardware: what is flashed becomes segments, what is not is left out and
 * said so, and what lies in no region is refused.
 * @param whereIs says where in the file an address was given, for the refusal.
 * @throws {Refusal} IMAGE_OUT_OF_RANGE, IMAGE_EMPTY or IMAGE_TOO_SPARSE
 */
export function splitByRegion(
  hardwareId: string,
  blocks: readonly MemoryBlock[],
  regions: readonly MemoryRegion[],
  whereIs: (address: number) => string,
): { taken: MemoryBlock[]; leftOut: LeftOut[] } {
  const taken: MemoryBlock[] = [];
  const leftOut: LeftOut[] = [];
  for (const block of blocks) {
    let address = block.address;
    const end = block.address + block.bytes.length;
    while (address < end) {
      const region = regions.find((r) => address >= r.address && address < r.address + r.length);
      if (!region) throw outOfRange(hardwareId, address, end, regions, whereIs);
      const until = Math.min(end, region.address + region.length);
      if (region.flashed) {
        taken.push({ address, bytes: block.bytes.subarray(address - block.address, until - block.address) });
      } else {
        leftOut.push({ name: region.name, address, length: until - address });
      }
      address = until;
    }
  }
  if (taken.length === 0) throw new Refusal("IMAGE_EMPTY", { hardwareId });
  if (taken.length > MAX_SEGMENTS) {
    throw new Refusal("IMAGE_TOO_SPARSE", { found: taken.length, limit: MAX_SEGMENTS });
  }
  return { taken: taken.toSorted((a, b) => a.address - b.address), leftOut };
}

function outOfRange(
  hardwareId: string,
  address: number,
  end: number,
  regions: readonly MemoryRegion[],
  whereIs: (address: number) => string,
): Refusal {
  const next = Math.min(end, ...regions.map((r) => r.address).filter((start) => start > address));
  return new Refusal("IMAGE_OUT_OF_RANGE", {
    where: whereIs(address),
    address: `0x${address.toString(16)}`,
    length: next - address,
    hardwareId,
  });
}

/** The image file: its segments one after another by address, with the digests that are signed. */
export function assemble(taken: readonly MemoryBlock[]): {
  file: Uint8Array;
  segments: Segment[];
  length: number;
  sha256: string;
  sha512: string;
} {
  const file = new Uint8Array(Buffer.concat(taken.map((block) => block.bytes)));
  const digest = (algorithm: string, bytes: Uint8Array): string =>
    createHash(algorithm).update(bytes).digest("hex");
  return {
    file,
    segments: taken.map(({ address, bytes }) => ({
      address,
      length: bytes.length,
      sha256: digest("sha256", bytes),
    })),
    length: file.length,
    sha256: digest("sha256", file),
    sha512: digest("sha512", file),
  };
}
