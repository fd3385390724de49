import { Event } from "@halfshaft/ota-format";
import { realClock } from "@halfshaft/vehicle-net/clock";
import { MemoryLevel } from "memory-level";
import { Value } from "typebox/value";
import { expect, test } from "vitest";
import { DurableStore } from "../journal/durable-store.ts";
import { Journal } from "../journal/journal.ts";
import { JOB, statement, T0, testOffer } from "../journal/testing.ts";
import { eventsOf } from "./fact-events.ts";
import { Outbox } from "./outbox.ts";

async function open(level = new MemoryLevel(), capacity?: number) {
  const store = new DurableStore(level, realClock);
  const clocks = { now: () => T0, monotonicMs: () => 5, clockTrusted: () => true };
  const outbox = await Outbox.open(store, { ...clocks, capacity });
  const journal = await Journal.open(
    store,
    () => T0,
    (fact, earlier) => outbox.stage(eventsOf(fact, earlier)),
  );
  return { level, store, outbox, journal };
}

const offered = statement("offer done", { offer: testOffer() });
const heartbeat = { type: "heartbeat" } as const;
const seqs = (outbox: Outbox): number[] => outbox.waiting.map(({ seq }) => seq);

test("E10 an event is in the outbox exactly when its fact is in the journal", async () => {
  const { level, store, journal, outbox } = await open();
  await journal.begin(JOB, offered);
  await journal.append(statement("plan intent"));
  expect(seqs(outbox)).toEqual([1, 2]);
  store.close();
  await expect(journal.append(statement("plan done"))).rejects.toThrow(/closed/);
  const again = await open(level);
  expect([seqs(again.outbox), again.journal.facts.length]).toEqual([[1, 2], 2]);
});

test("E10 every event fits the schema that the cloud demands", async () => {
  const { journal, outbox } = await open();
  await journal.begin(JOB, offered);
  await journal.append(statement("plan intent"));
  const failure = { code: "PLAN_ECU_UNKNOWN", operands: { ecuId: "E9" } } as const;
  await journal.append(statement("plan failed", { failure }));
  await journal.append(statement("confirm decision", { decision: "revert" }));
  await journal.append(statement("report intent", { outcome: "failed", failure }));
  await outbox.add(heartbeat, { ...heartbeat, jobId: JOB.jobId });
  expect(outbox.waiting).toHaveLength(8);
  for (const event of outbox.waiting) expect([...Value.Errors(Event, event)]).toEqual([]);
});

test("E10 numbers go on after a restart, also when everything was delivered", async () => {
  const { level, outbox } = await open();
  await outbox.add(heartbeat);
  await outbox.remove(outbox.waiting);
  const again = await open(level);
  expect(seqs(again.outbox)).toEqual([]);
  await again.outbox.add(heartbeat);
  expect(seqs(again.outbox)).toEqual([2]);
});

test("E10 an event keeps its id and its boot over a restart, so that it is the same to the cloud", async () => {
  const { level, outbox } = await open();
  await outbox.add(heartbeat);
  const again = await open(level);
  expect(again.outbox.waiting).toEqual(outbox.waiting);
});

test("E10 a new journal begins a new epoch, another restart does not", async () => {
  const first = await open();
  await first.outbox.add(heartbeat);
  const restarted = await open(first.level);
  await restarted.outbox.add(heartbeat);
  const other = await open();
  await other.outbox.add(heartbeat);
  const epochs = [...restarted.outbox.waiting, ...other.outbox.waiting].map((event) => event.streamEpoch);
  expect(epochs[1]).toBe(epochs[0]);
  expect(epochs[2]).not.toBe(epochs[0]);
});

test("E10 a full outbox gives up the oldest, and the numbers show the gap", async () => {
  const { level, outbox } = await open(new MemoryLevel(), 3);
  for (let i = 0; i < 5; i += 1) await outbox.add(heartbeat);
  expect(seqs(outbox)).toEqual([3, 4, 5]);
  expect(seqs((await open(level)).outbox)).toEqual([3, 4, 5]);
});
