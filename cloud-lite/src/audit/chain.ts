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
  /** What the actor needed for it, and the credential that it used; null where there was none. */
  readonly permission: string | null;
  readonly credentialId: string | null;
}

export interface ChainedEntry extends AuditMetadata {
  readonly previousHash: string;
  readonly hash: string;
}

/** Up to where a chain is: its last entry, or what a checkpoint says of the last one that was removed. */
export interface ChainPlace {
  readonly seq: number;
  readonly hash: string;
}

/** Before the first entry. */
export const CHAIN_BEGIN: ChainPlace = { seq: 0, hash: "0".repeat(64) };

/**
 * SHA-256 of the salted payload: the payload may be redacted later without breaking the chain. Both texts that are
 * hashed are unambiguous: the first has one newline, for neither salt nor JSON has any; the second has none.
 */
export const payloadDigest = (salt: string, payload: string, why: string | null): string =>
  sha256(why === null ? `${salt}\n${payload}` : JSON.stringify([salt, payload, why]));

/** hash(previous ‖ metadata); the metadata carries the payload's digest. Entries of older clouds are the shorter. */
export function entryHash(previousHash: string, entry: AuditMetadata): string {
  const { permission, credentialId } = entry;
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
    ...(permission === null && credentialId === null ? [] : [permission, credentialId]),
  ];
  return sha256(`${previousHash}\n${JSON.stringify(metadata)}`);
}

export interface ChainBreak {
  readonly seq: number;
  readonly reason: string;
}

/** A walk along a chain, entry by entry in order of `seq`; it keeps no entry. */
export interface ChainWalk {
  /** What does not fit about this entry; undefined where it does. */
  step(entry: ChainedEntry): ChainBreak | undefined;
  /** The last entry that fitted, or the anchor. */
  readonly place: ChainPlace;
}

/**
 * Begins behind an anchor. Entries up to the anchor may still be there where their removal was cut off: the walk
 * begins with the first of them, and they must lead to the anchor.
 */
export function walkChain(anchor: ChainPlace = CHAIN_BEGIN): ChainWalk {
  let place = anchor;
  let isFirst = true;
  return {
    get place() {
      return place;
    },
    step(entry) {
      const { seq, previousHash, hash } = entry;
      if (isFirst && seq <= anchor.seq) place = { seq: seq - 1, hash: previousHash };
      isFirst = false;
      if (seq !== place.seq + 1) return { seq, reason: `entry ${place.seq + 1} is missing` };
      if (previousHash !== place.hash) return { seq, reason: "it does not follow from the entry before" };
      if (entryHash(previousHash, entry) !== hash) return { seq, reason: "its content was changed" };
      if (seq === anchor.seq && hash !== anchor.hash) {
        return { seq, reason: "it is not the entry that the checkpoint was signed for" };
      }
      place = { seq, hash };
      return undefined;
    },
  };
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
