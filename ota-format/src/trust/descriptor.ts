import { DescriptorError } from "./descriptor-error.ts";

/** What a bootloader needs to know of an image; signed apart, so that file digests stay true to the file. */
export interface EcuDescriptor {
  readonly hardwareId: string;
  readonly version: string;
  readonly releaseCounter: number;
  /** Digest and length of the image file: its segments, one after another by address. */
  readonly sha256: Uint8Array;
  readonly length: number;
  readonly segments: readonly {
    readonly address: number;
    readonly length: number;
    readonly sha256: Uint8Array;
  }[];
}

/** Checks an Ed25519 signature (RFC 8032); cloud and gateway use node:crypto, an ECU another implementation. */
export type VerifySignature = (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array) => boolean;

export const SIGNATURE_BYTES = 64;
const MAGIC = [0x48, 0x53, 0x44, 0x31]; // "HSD1": domain separation and version in one
const DIGEST_BYTES = 32;

/**
 * Layout, big-endian: "HSD1", u32 releaseCounter, u32 length, sha256[32], u8 n + hardwareId, u8 n + version,
 * u8 number of segments, each u32 address, u32 length, sha256[32].
 * @throws {DescriptorError} `bad-field` where a text is longer than 255 bytes or there are more than 255 segments.
 */
export function encodeDescriptor(descriptor: EcuDescriptor): Uint8Array {
  const hardwareId = text(descriptor.hardwareId);
  const version = text(descriptor.version);
  if (descriptor.segments.length > 0xff) {
    throw new DescriptorError("bad-field", `${descriptor.segments.length} segments; a descriptor holds 255`);
  }
  return Uint8Array.from([
    ...MAGIC,
    ...u32(descriptor.releaseCounter),
    ...u32(descriptor.length),
    ...digest(descriptor.sha256),
    hardwareId.length,
    ...hardwareId,
    version.length,
    ...version,
    descriptor.segments.length,
    ...descriptor.segments.flatMap((s) => [...u32(s.address), ...u32(s.length), ...digest(s.sha256)]),
  ]);
}

/** @throws {DescriptorError} `truncated`, `bad-magic` or `bad-field` (bytes left over). */
export function decodeDescriptor(bytes: Uint8Array): EcuDescriptor {
  let offset = 0;
  // A Buffer's slice() is a view and not a copy, so nothing here may rely on it.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const take = (length: number): Uint8Array => {
    if (offset + length > bytes.length) {
      throw new DescriptorError(
        "truncated",
        `descriptor ends at byte ${bytes.length}, needs ${offset + length}`,
      );
    }
    return bytes.subarray(offset, (offset += length));
  };
  const takeU8 = (): number => take(1)[0]!;
  const takeU32 = (): number => {
    take(4);
    return view.getUint32(offset - 4);
  };
  const takeText = (): string => new TextDecoder().decode(take(takeU8()));

  if (!take(4).every((byte, i) => byte === MAGIC[i])) {
    throw new DescriptorError("bad-magic", "not an ECU descriptor: it does not begin with HSD1");
  }
  const releaseCounter = takeU32();
  const length = takeU32();
  const sha256 = Uint8Array.from(take(DIGEST_BYTES));
  const hardwareId = takeText();
  const version = takeText();
  const segments = Array.from({ length: takeU8() }, () => ({
    address: takeU32(),
    length: takeU32(),
    sha256: Uint8Array.from(take(DIGEST_BYTES)),
  }));
  if (offset !== bytes.length) {
    throw new DescriptorError("bad-field", `${bytes.length - offset} bytes after the end of the descriptor`);
  }
  return { hardwareId, version, releaseCounter, length, sha256, segments };
}

/** The descriptor followed by its 64-byte Ed25519 signature: what travels over the bus. */
export function joinSignedDescriptor(descriptor: Uint8Array, signature: Uint8Array): Uint8Array {
  if (signature.length !== SIGNATURE_BYTES) {
    throw new DescriptorError("bad-field", `an Ed25519 signature has 64 bytes, not ${signature.length}`);
  }
  return Uint8Array.from([...descriptor, ...signature]);
}

/**
 * Checks the signature over the raw bytes first, then reads them.
 * @throws {DescriptorError} `bad-signature`, or what `decodeDescriptor` throws.
 */
export function openSignedDescriptor(
  signed: Uint8Array,
  publicKey: Uint8Array,
  verify: VerifySignature,
): EcuDescriptor {
  if (signed.length <= SIGNATURE_BYTES) {
    throw new DescriptorError("truncated", `signed descriptor has only ${signed.length} bytes`);
  }
  const message = signed.subarray(0, signed.length - SIGNATURE_BYTES);
  const signature = signed.subarray(signed.length - SIGNATURE_BYTES);
  if (!verify(signature, message, publicKey)) {
    throw new DescriptorError("bad-signature", "the descriptor is not signed by the key this ECU trusts");
  }
  return decodeDescriptor(message);
}

function text(value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value);
  if (bytes.length > 0xff)
    throw new DescriptorError("bad-field", `"${value.slice(0, 20)}…" is longer than 255 bytes`);
  return bytes;
}

function u32(value: number): number[] {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new DescriptorError("bad-field", `${value} is not an unsigned 32-bit number`);
  }
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

function digest(value: Uint8Array): Uint8Array {
  if (value.length !== DIGEST_BYTES)
    throw new DescriptorError("bad-field", `a SHA-256 has 32 bytes, not ${value.length}`);
  return value;
}
