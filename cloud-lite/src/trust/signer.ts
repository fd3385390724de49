import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign as ed25519Sign,
  type KeyObject,
} from "node:crypto";

/** The seam for a KMS or an HSM: the private key is never asked for. */
export interface Signer {
  /** TUF key id: SHA-256 of the canonical JSON of the public key, hex. */
  readonly keyId: string;
  /** Ed25519 public key (RFC 8032), 32 bytes. */
  readonly publicKey: Uint8Array;
  /** @returns a 64-byte Ed25519 signature over the bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

const PUBLIC_KEY_BYTES = 32;

/** A signer with its private key in memory, read from PKCS#8 PEM. */
export function pemSigner(pem: string): Signer {
  const privateKey = createPrivateKey(pem);
  const publicKey = rawPublicKey(createPublicKey(privateKey));
  return {
    keyId: tufKeyId(publicKey),
    publicKey,
    sign: (bytes) => Promise.resolve(new Uint8Array(ed25519Sign(null, bytes, privateKey))),
  };
}

/** A new Ed25519 private key as PKCS#8 PEM. */
export function newKeyPem(): string {
  return generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** The last 32 bytes of an Ed25519 SubjectPublicKeyInfo are the key (RFC 8410, 4). */
function rawPublicKey(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ type: "spki", format: "der" })).slice(-PUBLIC_KEY_BYTES);
}

/** TUF 1.0.33, 4.2: members sorted, no white space. */
function tufKeyId(publicKey: Uint8Array): string {
  const hex = Buffer.from(publicKey).toString("hex");
  return createHash("sha256")
    .update(`{"keytype":"ed25519","keyval":{"public":"${hex}"},"scheme":"ed25519"}`)
    .digest("hex");
}
