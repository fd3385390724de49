import type { Bank } from "@halfshaft/vehicle-net/ecu";
import { decodeDescriptor, SIGNATURE_BYTES, type EcuDescriptor } from "@halfshaft/ota-format/trust";
import { checkImage, imageSha256, type ImageVerdict } from "./image-check.ts";
import { bankOffset, type MemoryRange } from "./memory-map.ts";
import type { NvState } from "./nv-state.ts";

type ReadBank = (offset: number, length: number) => Uint8Array;

/** An image file, its segments one after another, as it lies in a bank. */
export interface ImageReader {
  readonly length: number;
  /** Fills `into` with the file's bytes from `offset`. */
  read(offset: number, into: Uint8Array): void;
}

/** What a compressed image starts from. */
export const NO_IMAGE: ImageReader = { length: 0, read: () => undefined };

/** The descriptor of the image in a bank that passed the checks when it came; undefined where there is none. */
export function installedDescriptor(state: NvState, bank: Bank): EcuDescriptor | undefined {
  const signed = signedDescriptor(state, bank);
  return signed && decodeDescriptor(signed.subarray(0, signed.length - SIGNATURE_BYTES));
}

/** SHA-256 of the image in a bank, computed from the bank's bytes; undefined where there is none. */
export function installedSha256(state: NvState, bank: Bank, read: ReadBank): Uint8Array | undefined {
  const descriptor = installedDescriptor(state, bank);
  return descriptor && imageSha256(descriptor.segments, { regions: state.memory, read });
}

/** The image in a bank that passed the checks when it came; undefined where there is none. */
export function installedImage(state: NvState, bank: Bank, read: ReadBank): ImageReader | undefined {
  const descriptor = installedDescriptor(state, bank);
  return descriptor && imageReader(descriptor.segments, state.memory, read);
}

/** @param segments inside the flashed regions */
export function imageReader(
  segments: readonly MemoryRange[],
  regions: readonly MemoryRange[],
  read: ReadBank,
): ImageReader {
  return {
    length: segments.reduce((sum, segment) => sum + segment.length, 0),
    read(offset, into) {
      let start = 0;
      for (const segment of segments) {
        const from = Math.max(offset, start);
        const end = Math.min(offset + into.length, start + segment.length);
        const at = bankOffset(regions, segment) ?? 0;
        if (from < end) into.set(read(at + from - start, end - from), from - offset);
        start += segment.length;
      }
    },
  };
}

/** Checks an installed image again, from signature to digest, as at every boot. */
export function checkInstalled(state: NvState, bank: Bank, read: ReadBank): ImageVerdict {
  const signed = signedDescriptor(state, bank);
  if (signed === undefined) return { result: "notChecked" };
  return checkImage({
    signedDescriptor: signed,
    publicKey: fromHex(state.publicKey),
    hardwareId: state.hardwareId,
    releaseCounter: state.boot.releaseCounter,
    regions: state.memory,
    read,
  });
}

export const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function signedDescriptor(state: NvState, bank: Bank): Uint8Array | undefined {
  const signed = state.descriptors[bank];
  return signed === null ? undefined : new Uint8Array(Buffer.from(signed, "base64"));
}
