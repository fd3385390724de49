import { setImmediate as nextTurn } from "node:timers/promises";
import type { Database } from "../../db/database.ts";
import { inOneTransaction } from "../../db/transaction.ts";
import type { Presence } from "../../mqtt/topics.ts";
import type { Work } from "../../plugins/writes.ts";
import { noteHistory } from "../history/history.ts";
import { storePresence } from "./presence.ts";

/** So many heartbeats in a row may be missed; then the vehicle is offline. */
export const MISSED_HEARTBEATS = 3;
/** Vehicles in one transaction. */
const VEHICLES_AT_ONCE = 500;

/**
 * Keeps how often a vehicle says that it will be heard of, and that it is online. One statement, which writes nothing,
 * as long as neither is news: there are very many heartbeats.
 */
export async function noteHeartbeat(
  { tx, organisationId, at }: Pick<Work, "tx" | "organisationId" | "at">,
  vehicleId: string,
  heartbeatMs: number,
): Promise<void> {
  const news = await tx
    .updateTable("vehicles")
    .set({ heartbeatMs })
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .where((eb) =>
      eb.or([
        eb("heartbeatMs", "is", null),
        eb("heartbeatMs", "!=", heartbeatMs),
        eb("presence", "is", null),
        eb("presence", "!=", "online"),
      ]),
    )
    .returning("presence")
    .executeTakeFirst();
  if (news && news.presence !== "online") await storePresence(tx, organisationId, vehicleId, "online", at);
}

/**
 * Finds vehicles that fell silent, also those that have no broker to say so for them, and those that were heard of
 * again. Each change is a conditional update, so that any number of instances may sweep.
 * @param at UTC ms
 * @param heartbeatMs of the vehicles that state none
 * @returns how many changed
 */
export async function sweepPresence(db: Database, at: number, heartbeatMs: number): Promise<number> {
  let changed = 0;
  const organisations = await db.selectFrom("organisations").select("organisationId").execute();
  for (const { organisationId } of organisations) {
    for (const stated of await statedIntervals(db, organisationId)) {
      const silentSince = at - MISSED_HEARTBEATS * (stated ?? heartbeatMs);
      const common = { organisationId, stated, silentSince, at };
      for (const from of [null, "online"] as const) {
        changed += await sweep(db, { ...common, from, to: "offline" });
      }
      for (const from of [null, "offline"] as const) {
        changed += await sweep(db, { ...common, from, to: "online" });
      }
    }
  }
  return changed;
}

/** The intervals that vehicles state, and null for those that state none: few, found by a jump in the index each. */
async function statedIntervals(db: Database, organisationId: string): Promise<(number | null)[]> {
  const found: (number | null)[] = [null];
  for (;;) {
    const last = found.at(-1)!;
    const next = await db
      .selectFrom("vehicles")
      .select("heartbeatMs")
      .where("organisationId", "=", organisationId)
      .where("heartbeatMs", ">", last ?? 0)
      .orderBy("heartbeatMs")
      .limit(1)
      .executeTakeFirst();
    if (!next) return found;
    found.push(next.heartbeatMs);
  }
}

interface Sweep {
  readonly organisationId: string;
  readonly stated: number | null;
  /** Who was not heard of since then is silent, UTC ms. */
  readonly silentSince: number;
  readonly at: number;
  readonly from: Presence | null;
  readonly to: Presence;
}

async function sweep(db: Database, change: Sweep): Promise<number> {
  let changed = 0;
  for (;;) {
    const rows = await inOneTransaction(db, (tx) => sweepStep(tx, change));
    changed += rows;
    if (rows < VEHICLES_AT_ONCE) return changed;
    await nextTurn();
  }
}

async function sweepStep(tx: Database, change: Sweep): Promise<number> {
  const { organisationId, stated, from, to, at } = change;
  const candidates = await candidatesOf(tx, change);
  if (candidates.length === 0) return 0;
  // What happened since they were read counts: a vehicle that was heard of stays online.
  const rows = await tx
    .updateTable("vehicles")
    .set({ presence: to, presenceAt: at })
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "in", candidates)
    .where("heartbeatMs", stated === null ? "is" : "=", stated)
    .where("presence", from === null ? "is" : "=", from)
    .where("lastSeenAt", to === "offline" ? "<" : ">=", change.silentSince)
    .returning("vehicleId")
    .execute();
  const entries = rows.map(({ vehicleId }) => ({
    vehicleId,
    kind: "presence" as const,
    detail: { presence: to, ...(to === "offline" ? { missedHeartbeats: MISSED_HEARTBEATS } : {}) },
  }));
  await noteHistory(tx, organisationId, at, entries);
  return candidates.length;
}

async function candidatesOf(tx: Database, change: Sweep): Promise<string[]> {
  const { organisationId, stated, silentSince, from, to } = change;
  const rows = await tx
    .selectFrom("vehicles")
    .select("vehicleId")
    .where("organisationId", "=", organisationId)
    .where("heartbeatMs", stated === null ? "is" : "=", stated)
    .where("presence", from === null ? "is" : "=", from)
    .where("lastSeenAt", to === "offline" ? "<" : ">=", silentSince)
    .where("retiredAt", "is", null)
    // A last will is not undone by what was heard before it.
    .$if(from === "offline", (q) => q.whereRef("lastSeenAt", ">", "presenceAt"))
    .limit(VEHICLES_AT_ONCE)
    .execute();
  return rows.map(({ vehicleId }) => vehicleId);
}
