import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { Type } from "typebox";
import { Value } from "typebox/value";
import type { Database } from "../db/database.ts";
import { Refusal } from "../refusals.ts";
import type { Signer } from "../trust/signer.ts";
import { checkpointsOf, isSigned, signPlace, type Seal } from "./checkpoint.ts";
import { headOf } from "./store.ts";

/**
 * Says outside of the database up to where its log was: whoever holds the database alone can make a shorter or another
 * chain that fits in itself, and not a seal for it.
 */
export const SEAL_FILE = "audit-seal.json";

const SealShape = Type.Object({
  organisationId: Type.String(),
  seq: Type.Integer(),
  hash: Type.String(),
  at: Type.Integer(),
  signature: Type.String(),
});

/** @returns undefined where the folder has none @throws {Refusal} AUDIT_SEAL_BROKEN where it is none of this cloud */
export async function readSeal(folder: string, publicKey: Uint8Array): Promise<Seal | undefined> {
  const text = await readFile(join(folder, SEAL_FILE), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? undefined : parseSeal(text, publicKey);
}

/** @throws {Refusal} AUDIT_SEAL_BROKEN */
export function parseSeal(text: string, publicKey: Uint8Array): Seal {
  try {
    const seal: unknown = JSON.parse(text);
    if (Value.Check(SealShape, seal) && isSigned("seal", seal, publicKey)) return seal;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Refusal("AUDIT_SEAL_BROKEN", { reason: "the file is no seal that this cloud signed" });
}

/**
 * Why the log is not a continuation of what was sealed; undefined where it is one. The sealed entry itself may be gone
 * behind a later checkpoint.
 */
export async function sealMisfit(
  db: Database,
  { organisationId, seq, hash }: Seal,
  publicKey: Uint8Array,
): Promise<string | undefined> {
  const entry = await db
    .selectFrom("auditEntries")
    .select("hash")
    .where("organisationId", "=", organisationId)
    .where("seq", "=", seq)
    .executeTakeFirst();
  if (entry) return entry.hash === hash ? undefined : rewritten(seq);
  // After the entry: a checkpoint is there before the entries behind it are removed.
  const checkpoint = (await checkpointsOf(db, organisationId)).at(-1);
  if (checkpoint && checkpoint.seq >= seq && isSigned("checkpoint", checkpoint, publicKey)) {
    return checkpoint.seq > seq || checkpoint.hash === hash ? undefined : rewritten(seq);
  }
  const { seq: last } = await headOf(db, organisationId);
  return last + 1 < seq ? `entries ${last + 1} to ${seq} are missing` : `entry ${seq} is missing`;
}

const rewritten = (seq: number): string => `entry ${seq} is another one than was sealed`;

/**
 * Seals the log up to its newest entry, unless it is sealed so already.
 * @returns whether a seal was written
 * @throws {Refusal} AUDIT_SEAL_BROKEN, and the older seal stays, which tells what is missing
 */
export async function sealLog(
  { db, signers }: { readonly db: Database; readonly signers: { readonly audit: Signer } },
  folder: string,
  organisationId: string,
  at: number,
): Promise<boolean> {
  const signer = signers.audit;
  const seal = await readSeal(folder, signer.publicKey);
  const reason = seal && (await sealMisfit(db, seal, signer.publicKey));
  if (reason !== undefined) throw new Refusal("AUDIT_SEAL_BROKEN", { reason });
  const { seq, hash } = await headOf(db, organisationId);
  if (seq <= (seal?.seq ?? 0)) return false;
  await writeSeal(folder, await signPlace(signer, "seal", { organisationId, seq, hash, at }));
  return true;
}

async function writeSeal(folder: string, seal: Seal): Promise<void> {
  const path = join(folder, SEAL_FILE);
  // Of this process alone: a command may seal beside a cloud that runs.
  const unfinished = `${path}.${process.pid}`;
  const file = await open(unfinished, "w", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(seal)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
}

/** How much of the log at most no seal vouches for while the cloud runs. */
const SEAL_MS = 60_000;

/**
 * Seals now and again and again.
 * @returns what stops it, once the log is sealed a last time
 */
export function runSealing(
  seal: () => Promise<unknown>,
  onError: (error: unknown) => void,
): () => Promise<void> {
  let sealing = Promise.resolve();
  const take = (): Promise<void> =>
    (sealing = sealing.then(async () => {
      await seal().catch(onError);
    }));
  void take();
  const timer = setInterval(() => void take(), SEAL_MS);
  return () => {
    clearInterval(timer);
    return take();
  };
}
