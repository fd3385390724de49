import { createHash } from "node:crypto";
import { DescriptorError, openSignedDescriptor, type EcuDescriptor } from "@halfshaft/ota-format/trust";
import type { RoutineResult } from "@halfshaft/vehicle-net/ecu";
import { bankOffset, isSameMemory, type MemoryRange } from "./memory-map.ts";
import { verifyStrictly } from "./signature.ts";

/** Read at a time, so that hashing needs little RAM. */
const CHUNK_BYTES = 1024;

/** What an image is held against. */
export interface ImageCheck {
  /** The descriptor with its signature, as it came over the bus. */
  readonly signedDescriptor: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly hardwareId: string;
  /** The burned one. */
  readonly releaseCounter: number;
  /** The flashed regions. */
  readonly regions: readonly MemoryRange[];
  /** What was transferred; left out for an image that was checked before. */
  readonly transferred?: readonly MemoryRange[];
  /** Reads the bank. */
  readonly read: (offset: number, length: number) => Uint8Array;
}

export type ImageVerdict =
  | { readonly result: "ok"; readonly descriptor: EcuDescriptor }
  | { readonly result: Exclude<RoutineResult, "ok"> };

/**
 * Whether the image in a bank may be started. Nothing of the descriptor is used before its signature is checked, and
 * the bank is read last (Uptane Standard 2.1.0, 5.4.3.4: hardware identifier, release counter, hashes, length).
 */
export function checkImage(check: ImageCheck): ImageVerdict {
  let descriptor: EcuDescriptor;
  try {
    descriptor = openSignedDescriptor(check.signedDescriptor, check.publicKey, verifyStrictly);
  } catch (error) {
    if (!(error instanceof DescriptorError)) throw error;
    return { result: error.code === "bad-signature" ? "badSignature" : "badDescriptor" };
  }
  const { hardwareId, releaseCounter, segments } = descriptor;
  if (hardwareId !== check.hardwareId) return { result: "wrongHardware" };
  if (releaseCounter < check.releaseCounter) return { result: "counterTooLow" };
  if (!isOneImage(descriptor)) return { result: "badDescriptor" };
  const isInside = segments.every((segment) => bankOffset(check.regions, segment) !== undefined);
  const isTransferred = check.transferred === undefined || isSameMemory(segments, check.transferred);
  if (!isInside || !isTransferred) return { result: "segmentMismatch" };
  return hasSignedDigests(descriptor, check) ? { result: "ok", descriptor } : { result: "digestMismatch" };
}

/**
 * SHA-256 of an image file: the segments' bytes one after another.
 * @param segments ascending by address, inside the flashed regions
 */
export function imageSha256(
  segments: readonly MemoryRange[],
  { regions, read }: Pick<ImageCheck, "regions" | "read">,
): Uint8Array {
  const hash = createHash("sha256");
  for (const segment of segments) {
    const start = bankOffset(regions, segment) ?? 0;
    for (let done = 0; done < segment.length; done += CHUNK_BYTES) {
      hash.update(read(start + done, Math.min(CHUNK_BYTES, segment.length - done)));
    }
  }
  return new Uint8Array(hash.digest());
}

/** At least one segment, ascending and apart, as long together as the image. */
function isOneImage({ segments, length }: EcuDescriptor): boolean {
  const sum = segments.reduce((total, segment) => total + segment.length, 0);
  const ascends = segments.every((segment, i) => {
    const before = segments[i - 1];
    return before === undefined || before.address + before.length <= segment.address;
  });
  return segments.length > 0 && segments.every((s) => s.length > 0) && ascends && sum === length;
}

function hasSignedDigests(descriptor: EcuDescriptor, check: ImageCheck): boolean {
  const { segments, sha256 } = descriptor;
  return (
    segments.every((segment) => isSame(imageSha256([segment], check), segment.sha256)) &&
    isSame(imageSha256(segments, check), sha256)
  );
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i]);
