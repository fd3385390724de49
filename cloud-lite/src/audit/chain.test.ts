import { expect, test } from "vitest";
import { CHAIN_BEGIN, entryHash, findBreak, payloadDigest, type ChainedEntry } from "./chain.ts";

function chain(length: number): ChainedEntry[] {
  const entries: ChainedEntry[] = [];
  for (let seq = 1; seq <= length; seq += 1) {
    const previousHash = entries.at(-1)?.hash ?? CHAIN_BEGIN;
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
      payloadDigest: payloadDigest("salt", "{}"),
    };
    entries.push({ ...metadata, previousHash, hash: entryHash(previousHash, metadata) });
  }
  return entries;
}

test("A6 an untouched chain has no break", () => {
  expect(findBreak(chain(5))).toBeUndefined();
});

const attacks: [string, (entries: ChainedEntry[]) => ChainedEntry[], number, string][] = [
  [
    "a changed field",
    (e) => e.map((x) => (x.seq === 3 ? { ...x, actorId: "other" } : x)),
    3,
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
