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

/** The signed descriptor of an image of one segment. */
export function signImage(
  key: BenchKey,
  image: Uint8Array,
  { hardwareId, version, address }: { hardwareId: string; version: string; address: number },
): { signedDescriptor: Uint8Array; sha256: string } {
  const sha256 = new Uint8Array(createHash("sha256").update(image).digest());
  const descriptor = encodeDescriptor({
    hardwareId,
    version,
    releaseCounter: 1,
    length: image.length,
    sha256,
    segments: [{ address, length: image.length, sha256 }],
  });
  return {
    signedDescriptor: joinSignedDescriptor(descriptor, key.sign(descriptor)),
    sha256: Buffer.from(sha256).toString("hex"),
  };
}
