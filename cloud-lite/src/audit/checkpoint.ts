import { createPublicKey, verify } from "node:crypto";
import type { Database } from "../db/database.ts";
import type { Signer } from "../trust/signer.ts";
import type { ChainPlace } from "./chain.ts";

/** An entry of the chain, and when it was signed by a key of the cloud. */
interface SignedPlace extends ChainPlace {
  readonly organisationId: string;
  readonly at: number;
  /** Ed25519 over the four other fields, base64. */
  readonly signature: string;
}

/** What stays of entries that were removed: the last of them. */
export type Checkpoint = SignedPlace;

/** Up to where the log was, kept outside of the database. */
export type Seal = SignedPlace;

/** Neither may be taken for the other: entries before a checkpoint may be missing. */
type Use = "checkpoint" | "seal";

/** Begins like nothing else that a key of the cloud signs. */
const textOf = (use: Use, { organisationId, seq, hash, at }: Omit<SignedPlace, "signature">): Buffer =>
  Buffer.from(`halfshaft audit ${use} 1\n${JSON.stringify([organisationId, seq, hash, at])}`);

export async function signPlace(
  signer: Signer,
  use: Use,
  place: Omit<SignedPlace, "signature">,
): Promise<SignedPlace> {
  const signature = Buffer.from(await signer.sign(textOf(use, place))).toString("base64");
  return { ...place, signature };
}

/** SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410, 4). */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** @param publicKey Ed25519, 32 bytes */
export function isSigned(use: Use, place: SignedPlace, publicKey: Uint8Array): boolean {
  const der = Buffer.concat([SPKI_PREFIX, publicKey]);
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  return verify(null, textOf(use, place), key, Buffer.from(place.signature, "base64"));
}

/** In order of `seq`. */
export async function checkpointsOf(db: Database, organisationId: string): Promise<Checkpoint[]> {
  return db
    .selectFrom("auditCheckpoints")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .orderBy("seq")
    .execute();
}
