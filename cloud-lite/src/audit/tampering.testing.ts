import fc from "fast-check";
import type { Database } from "../db/database.ts";

const ENTRY_COLUMNS = [
  "auditId",
  "actorKind",
  "actorId",
  "action",
  "subjectKind",
  "subjectId",
  "requestId",
  "payloadDigest",
  "permission",
  "credentialId",
  "previousHash",
  "hash",
] as const;
const PAYLOAD_COLUMNS = ["salt", "payload", "why"] as const;

/** One thing that someone with the database in hand may do to an entry. */
export interface Tampering {
  readonly what: keyof typeof DEEDS;
  readonly seq: number;
  readonly entryColumn: (typeof ENTRY_COLUMNS)[number];
  readonly payloadColumn: (typeof PAYLOAD_COLUMNS)[number];
  readonly text: string;
  readonly by: number;
}

/** @param first and last entry that may be touched */
export const tamperings = (first: number, last: number): fc.Arbitrary<Tampering> =>
  fc.record({
    what: fc.constantFrom(...(Object.keys(DEEDS) as (keyof typeof DEEDS)[])),
    seq: fc.integer({ min: first, max: last }),
    entryColumn: fc.constantFrom(...ENTRY_COLUMNS),
    payloadColumn: fc.constantFrom(...PAYLOAD_COLUMNS),
    text: fc.string(),
    by: fc.constantFrom(-1000, -1, 1, 1000),
  });

/** @returns whether anything is other than before; not where an entry would take the number of another */
export async function tamper(tx: Database, tampering: Tampering, last: number): Promise<boolean> {
  const entry = await tx
    .selectFrom("auditEntries")
    .selectAll()
    .where("seq", "=", tampering.seq)
    .executeTakeFirstOrThrow();
  const payload = await tx
    .selectFrom("auditPayloads")
    .selectAll()
    .where("auditId", "=", entry.auditId)
    .executeTakeFirst();
  return DEEDS[tampering.what](tx, tampering, { entry, payload, last });
}

interface Found {
  readonly entry: Awaited<ReturnType<typeof entryOf>>;
  readonly payload: { salt: string; payload: string; why: string | null } | undefined;
  readonly last: number;
}

const entryOf = (tx: Database) => tx.selectFrom("auditEntries").selectAll().executeTakeFirstOrThrow();

const DEEDS = {
  async changeEntry(tx: Database, { seq, entryColumn, text }: Tampering, { entry }: Found) {
    if (entry[entryColumn] === text) return false;
    await tx
      .updateTable("auditEntries")
      .set({ [entryColumn]: text })
      .where("seq", "=", seq)
      .execute();
    return true;
  },
  async changeTime(tx: Database, { seq, by }: Tampering, { entry }: Found) {
    await tx
      .updateTable("auditEntries")
      .set({ at: entry.at + by })
      .where("seq", "=", seq)
      .execute();
    return true;
  },
  async renumber(tx: Database, { seq, by }: Tampering, { last }: Found) {
    if (seq + by <= last && seq + by > 0) return false;
    await tx
      .updateTable("auditEntries")
      .set({ seq: seq + by })
      .where("seq", "=", seq)
      .execute();
    return true;
  },
  async changePayload(tx: Database, { payloadColumn, text }: Tampering, { entry, payload }: Found) {
    if (!payload || payload[payloadColumn] === text) return false;
    await tx
      .updateTable("auditPayloads")
      .set({ [payloadColumn]: text })
      .where("auditId", "=", entry.auditId)
      .execute();
    return true;
  },
  async removeEntry(tx: Database, { seq }: Tampering) {
    await tx.deleteFrom("auditEntries").where("seq", "=", seq).execute();
    return true;
  },
  async removePayload(tx: Database, _tampering: Tampering, { entry, payload }: Found) {
    await tx.deleteFrom("auditPayloads").where("auditId", "=", entry.auditId).execute();
    return payload !== undefined;
  },
  async addEntry(tx: Database, _tampering: Tampering, { entry, last }: Found) {
    const added = { ...entry, seq: last + 1, auditId: `${entry.auditId}-added` };
    await tx.insertInto("auditEntries").values(added).execute();
    return true;
  },
  async addPayload(tx: Database, { text }: Tampering, { entry }: Found) {
    const { organisationId, auditId } = entry;
    await tx
      .insertInto("auditPayloads")
      .values({ organisationId, auditId: `${auditId}-added`, salt: text, payload: "{}", why: null })
      .execute();
    return true;
  },
  async swapWithNext(tx: Database, { seq }: Tampering, { last }: Found) {
    if (seq === last) return false;
    for (const [from, to] of [
      [seq, -1],
      [seq + 1, seq],
      [-1, seq + 1],
    ] as const) {
      await tx.updateTable("auditEntries").set({ seq: to }).where("seq", "=", from).execute();
    }
    return true;
  },
  async moveHead(tx: Database, { by }: Tampering) {
    await tx
      .updateTable("auditHeads")
      .set((eb) => ({ seq: eb("seq", "+", by) }))
      .execute();
    return true;
  },
  async removeHead(tx: Database) {
    await tx.deleteFrom("auditHeads").execute();
    return true;
  },
  async changeCheckpoint(tx: Database, { by }: Tampering) {
    await tx
      .updateTable("auditCheckpoints")
      .set((eb) => ({ seq: eb("seq", "+", by) }))
      .execute();
    return true;
  },
  async removeCheckpoint(tx: Database) {
    await tx.deleteFrom("auditCheckpoints").execute();
    return true;
  },
} as const;
