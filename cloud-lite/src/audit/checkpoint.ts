import { createPublicKey, verify } from "node:crypto";
import type { Signer } from "../trust/signer.ts";
import type { ChainPlace } from "./chain.ts";

/** What stays of entries that were removed: the last of them, and when; signed by a key of the cloud. */
export interface Checkpoint extends ChainPlace {
  readonly organisationId: string;
  readonly at: number;
  /** Ed25519 over the four other fields, base64. */
  readonly signature: string;
}

/** Begins like nothing else that a key of the cloud signs. */
const textOf = ({ organisationId, seq, hash, at }: Omit<Checkpoint, "signature">): Buffer =>
  Buffer.from(`halfshaft audit checkpoint 1\n${JSON.stringify([organisationId, seq, hash, at])}`);

export async function signCheckpoint(
  signer: Signer,
  checkpoint: Omit<Checkpoint, "signature">,
): Promise<Checkpoint> {
  const signature = Buffer.from(await signer.sign(textOf(checkpoint))).toString("base64");
  return { ...checkpoint, signature };
}

/** SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410, 4). */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** @param publicKey Ed25519, 32 bytes */
export function isSigned(checkpoint: Checkpoint, publicKey: Uint8Array): boolean {
  const der = Buffer.concat([SPKI_PREFIX, publicKey]);
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  return verify(null, textOf(checkpoint), key, Buffer.from(checkpoint.signature, "base64"));
}
