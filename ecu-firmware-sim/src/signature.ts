import { createHash } from "node:crypto";
import { hashes, verify } from "@noble/ed25519";
import type { VerifySignature } from "@halfshaft/ota-format/trust";

const PUBLIC_KEY_BYTES = 32;

hashes.sha512 = (message) => new Uint8Array(createHash("sha512").update(message).digest());

/**
 * Ed25519 (RFC 8032) with another implementation than the gateway's, in its strict mode: keys of small order and
 * signatures that are not canonical are refused (its default follows ZIP 215 and takes them).
 */
export const verifyStrictly: VerifySignature = (signature, message, publicKey) =>
  publicKey.length === PUBLIC_KEY_BYTES && verify(signature, message, publicKey, { zip215: false });
