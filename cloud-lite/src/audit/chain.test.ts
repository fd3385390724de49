import { expect, test } from "vitest";
import {
  CHAIN_BEGIN,
  entryHash,
  payloadDigest,
  walkChain,
  type ChainBreak,
  type ChainedEntry,
} from "./chain.ts";

function chain(length: number): ChainedEntry[] {
  const entries: ChainedEntry[] = [];
  for (let seq = 1; seq <= length; seq += 1) {
    const previousHash = entries.at(-1)?.hash ?? CHAIN_BEGIN.hash;
    const metadata = {
      seq,
      auditId: `audit-${seq}`,
      at: 1000 + seq,
      actorKind: "operator",
      actorId: "key",
      action: "vehicle.created",
      subjectKind: "vehicle",
      subjectId: `v${seq}`,
      requestId: "req",
      payloadDigest: payloadDigest("salt", "{}", null),
      permission: seq % 2 === 0 ? "fleet.write" : null,
      credentialId: null,
    };
    entries.push({ ...metadata, previousHash, hash: entryHash(previousHash, metadata) });
  }
  return entries;
}

function findBreak(entries: readonly ChainedEntry[], anchor = CHAIN_BEGIN): ChainBreak | undefined {
  const walk = walkChain(anchor);
  for (const entry of entries) {
    const broken = walk.step(entry);
    if (broken) return broken;
  }
  return undefined;
}

test("A6 an untouched chain has no break", () => {
  expect(findBreak(chain(5))).toBeUndefined();
});

test("A6 the hash of an entry without permission and credential is the one of older clouds", () => {
  const [first] = chain(1);
  expect(first!.hash).toBe("5dfe86eef40b4084012073ff854266d9f58f64794d4ddee921e886c4bb85dff0");
});

const attacks: [string, (entries: ChainedEntry[]) => ChainedEntry[], number, string][] = [
  [
    "a changed field",
    (e) => e.map((x) => (x.seq === 3 ? { ...x, actorId: "other" } : x)),
    3,
    "its content was changed",
  ],
  [
    "a removed permission",
    (e) => e.map((x) => (x.seq === 2 ? { ...x, permission: null } : x)),
    2,
    "its content was changed",
  ],
  ["a removed entry", (e) => e.filter((x) => x.seq !== 3), 4, "entry 3 is missing"],
  ["a removed beginning", (e) => e.slice(1), 2, "entry 1 is missing"],
  [
    "an entry that was hashed anew",
    (e) =>
      e.map((x) => {
        if (x.seq !== 3) return x;
        const changed = { ...x, action: "vehicle.read" };
        return { ...changed, hash: entryHash(x.previousHash, changed) };
      }),
    4,
    "it does not follow from the entry before",
  ],
];

test.each(attacks)("A6 %s is found", (_name, attack, seq, reason) => {
  expect(findBreak(attack(chain(5)))).toEqual({ seq, reason });
});

test("A6 behind a checkpoint the chain goes on, with or without the last of what was to be removed", () => {
  const entries = chain(6);
  const anchor = { seq: 3, hash: entries[2]!.hash };
  expect(findBreak(entries.slice(3), anchor)).toBeUndefined();
  expect(findBreak(entries.slice(1), anchor)).toBeUndefined();
  expect(findBreak(entries.slice(4), anchor)).toEqual({ seq: 5, reason: "entry 4 is missing" });
});

test("A6 entries that do not lead to the checkpoint are found", () => {
  const entries = chain(6);
  const anchor = { seq: 3, hash: "f".repeat(64) };
  expect(findBreak(entries.slice(3), anchor)?.seq).toBe(4);
  expect(findBreak(entries.slice(1), anchor)).toEqual({
    seq: 3,
    reason: "it is not the entry that the checkpoint was signed for",
  });
});

test("A6 a payload cannot be passed off as payload and reason", () => {
  expect(payloadDigest("salt", "{}", "why")).not.toBe(payloadDigest("salt", "{}\nwhy", null));
});
