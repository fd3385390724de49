import { createPublicKey } from "node:crypto";
import { CliError } from "./cli-error.ts";

const KEY_BYTES = 32;

/**
 * An Ed25519 public key from a file: 64 hex digits, PEM (SPKI), or the 32 bytes themselves.
 * @throws {CliError} `bad-key-file`
 */
export function readPublicKey(content: Uint8Array, path: string): Uint8Array {
  if (content.length === KEY_BYTES) return content;
  const text = new TextDecoder().decode(content).trim();
  if (/^[0-9a-fA-F]{64}$/.test(text)) return new Uint8Array(Buffer.from(text, "hex"));
  try {
    const { x, crv } = createPublicKey(text).export({ format: "jwk" });
    if (crv === "Ed25519" && x !== undefined) return new Uint8Array(Buffer.from(x, "base64url"));
  } catch {
    // Said below, whatever it was that is no key.
  }
  throw new CliError(
    "bad-key-file",
    `${path} holds no Ed25519 public key`,
    "Give a file with 64 hex digits, a PEM public key, or 32 bytes.",
  );
}
