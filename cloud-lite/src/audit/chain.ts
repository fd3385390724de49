import { createHash } from "node:crypto";

/** What an audit entry says apart from its payload. */
export interface AuditMetadata {
  readonly seq: number;
  readonly auditId: string;
  readonly at: number;
  readonly actorKind: string;
  readonly actorId: string;
  readonly action: string;
  readonly subjectKind: string;
  readonly subjectId: string;
  readonly requestId: string;
  readonly payloadDigest: string;
}

export interface ChainedEntry extends AuditMetadata {
  readonly previousHash: string;
  readonly hash: string;
}

/** `previousHash` of the first entry. */
export const CHAIN_BEGIN = "0".repeat(64);

/** SHA-256 of the salted payload: the payload may be redacted later without breaking the chain. */
export const payloadDigest = (salt: string, payload: string): string => sha256(`${salt}\n${payload}`);

/** hash(previous ‖ metadata); the metadata carries the payload's digest. */
export function entryHash(previousHash: string, entry: AuditMetadata): string {
  const metadata = [
    entry.seq,
    entry.auditId,
    entry.at,
    entry.actorKind,
    entry.actorId,
    entry.action,
    entry.subjectKind,
    entry.subjectId,
    entry.requestId,
    entry.payloadDigest,
  ];
  return sha256(`${previousHash}\n${JSON.stringify(metadata)}`);
}

export interface ChainBreak {
  readonly seq: number;
  readonly reason: string;
}

/** Checks entries in order of `seq`, from the first one on; returns the first that does not fit. */
export function findBreak(entries: Iterable<ChainedEntry>): ChainBreak | undefined {
  let previous = CHAIN_BEGIN;
  let expected = 1;
  for (const entry of entries) {
    if (entry.seq !== expected) return { seq: entry.seq, reason: `entry ${expected} is missing` };
    if (entry.previousHash !== previous) {
      return { seq: entry.seq, reason: "it does not follow from the entry before" };
    }
    if (entryHash(previous, entry) !== entry.hash)
      return { seq: entry.seq, reason: "its content was changed" };
    previous = entry.hash;
    expected += 1;
  }
  return undefined;
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
