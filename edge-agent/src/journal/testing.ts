import { realClock, type Clock } from "@halfshaft/vehicle-net/clock";
import type { Offer } from "@halfshaft/ota-format";
import { MemoryLevel } from "memory-level";
import type { EcuPlan, Plan } from "../update/plan-types.ts";
import { DurableStore } from "./durable-store.ts";
import type { Fact, Statement } from "./fact.ts";
import { Journal } from "./journal.ts";

/** Fixed data and small builders for tests around the journal. */

export const T0 = Date.UTC(2026, 10, 21, 1, 0, 0);
export const JOB = { jobId: "0193f3a0-7c00-7abc-8def-000000000001", attempt: 1 };
export const RELEASE_ID = "0193f3a0-7c00-7abc-8def-0000000000aa";

export function testOffer(changes: Partial<Offer> = {}): Offer {
  return {
    ...JOB,
    campaignId: "0193f3a0-7c00-7abc-8def-0000000000bb",
    phaseId: "0193f3a0-7c00-7abc-8def-0000000000cc",
    release: { releaseId: RELEASE_ID, name: "Spring 2.0", headline: "Starts smoother", notes: "" },
    ecus: [{ ecuId: "E1", name: "Engine control", hardwareId: "HW-1", version: "2.0.0" }],
    consent: { mode: "banner" },
    safetyPolicy: {},
    offeredAt: T0,
    expiresAt: T0 + 86_400_000,
    ...changes,
  };
}

export function testEcuPlan(ecuId: string, changes: Partial<EcuPlan> = {}): EcuPlan {
  return {
    ecuId,
    name: `Unit ${ecuId}`,
    hardwareId: "HW-1",
    fromVersion: "1.0.0",
    version: "2.0.0",
    releaseCounter: 1,
    image: { path: "images/HW-1_2.0.0.bin", length: 8, hashes: { sha256: "ab".repeat(32) } },
    segments: [{ address: 0, length: 8, sha256: "ab".repeat(32) }],
    descriptor: "",
    estimates: [],
    ...changes,
  };
}

export function testPlan(...ecus: readonly EcuPlan[]): Plan {
  return { releaseId: RELEASE_ID, ecus, validUntil: T0 + 86_400_000 };
}

/** Facts of one job out of statements, as a journal would have numbered them. */
export function facts(...statements: readonly Statement[]): Fact[] {
  return statements.map((statement, i) => ({
    v: 1,
    ...JOB,
    seq: i + 1,
    planDigest: "",
    at: T0 + i,
    ...statement,
  }));
}

/** `"flash done"`, `"flash done E1"`: a statement without a payload. */
export function statement(text: string, payload?: Statement["payload"]): Statement {
  const [step, kind, ecuId] = text.split(" ");
  return { step, kind, ...(ecuId === undefined ? {} : { ecuId }), ...(payload && { payload }) } as Statement;
}

/** A journal in memory; `level` may be given to open one again. */
export async function memoryJournal(level = new MemoryLevel(), clock: Clock = realClock) {
  const store = new DurableStore(level, clock);
  return { level, store, journal: await Journal.open(store, () => T0) };
}
