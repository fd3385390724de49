import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { encodeDescriptor, joinSignedDescriptor } from "@halfshaft/ota-format/trust";

/** A key of a bench run; nothing outside it trusts this key. */
export interface BenchKey {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

export function benchKey(): BenchKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  // The raw key is the last 32 bytes of its SubjectPublicKeyInfo (RFC 8410, section 4).
  const spki = publicKey.export({ format: "der", type: "spki" });
  return {
    publicKey: new Uint8Array(spki.subarray(-32)),
    sign: (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}

/** A stretch of memory that an image goes to; bytes. */
export interface SegmentRange {
  readonly address: number;
  readonly length: number;
}

/** The signed descriptor of an image: of one segment at `address`, or of several, ascending. */
export function signImage(
  key: BenchKey,
  image: Uint8Array,
  about: { readonly hardwareId: string; readonly version: string } & (
    | { readonly address: number }
    | { readonly segments: readonly SegmentRange[] }
  ),
): { signedDescriptor: Uint8Array; sha256: string } {
  const { hardwareId, version } = about;
  const segments = "segments" in about ? about.segments : [{ address: about.address, length: image.length }];
  const sha256 = digest(image);
  let at = 0;
  const descriptor = encodeDescriptor({
    hardwareId,
    version,
    releaseCounter: 1,
    length: image.length,
    sha256,
    segments: segments.map(({ address, length }) => {
      const bytes = image.subarray(at, (at += length));
      return { address, length, sha256: digest(bytes) };
    }),
  });
  return {
    signedDescriptor: joinSignedDescriptor(descriptor, key.sign(descriptor)),
    sha256: Buffer.from(sha256).toString("hex"),
  };
}

const digest = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());
