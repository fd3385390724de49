import { realClock } from "@halfshaft/vehicle-net/clock";
import { Event } from "@halfshaft/ota-format";
import { MemoryLevel } from "memory-level";
import { Value } from "typebox/value";
import { expect, test } from "vitest";
import { DurableStore } from "../journal/durable-store.ts";
import { Journal } from "../journal/journal.ts";
import { JOB, statement, T0, testOffer } from "../journal/testing.ts";
import { Outbox } from "./outbox.ts";

const BOOT_ID = "0193f3a0-7c00-7abc-8def-0000000000b0";

async function open(level = new MemoryLevel(), maxPending?: number) {
  const store = new DurableStore(level, realClock);
  const options = {
    now: () => T0,
    monotonicMs: () => 5,
    bootId: BOOT_ID,
    clockTrusted: () => true,
    maxPending,
  };
  const outbox = await Outbox.open(store, options);
  return { level, store, outbox, journal: await Journal.open(store, () => T0, outbox.companions) };
}

const offered = statement("offer done", { offer: testOffer() });

test("E10 an event is in the outbox exactly when its fact is in the journal", async () => {
  const { level, store, journal, outbox } = await open();
  await journal.begin(JOB, offered);
  await journal.append(statement("plan intent"));
  expect(outbox.batch(10).map(({ seq, type }) => `${seq} ${type}`)).toEqual(["1 stage", "2 stage"]);
  store.close();
  await expect(journal.append(statement("plan done"))).rejects.toThrow(/closed/);
  const again = await open(level);
  expect(again.outbox.batch(10).map(({ seq }) => seq)).toEqual([1, 2]);
});

test("E10 every event fits the schema that the cloud demands", async () => {
  const { journal, outbox } = await open();
  await journal.begin(JOB, offered);
  await journal.append(statement("report intent", { outcome: "succeeded" }));
  await outbox.heartbeat(JOB.jobId);
  for (const event of outbox.batch(10)) expect([...Value.Errors(Event, event)]).toEqual([]);
});

test("E10 numbers go on after a restart, also when everything was confirmed", async () => {
  const { level, outbox } = await open();
  await outbox.heartbeat();
  await outbox.confirm(outbox.batch(10));
  const again = await open(level);
  expect(again.outbox.size).toBe(0);
  await again.outbox.heartbeat();
  const [event] = again.outbox.batch(1);
  expect(event!.seq).toBe(2);
});

test("E10 a new journal starts a new epoch", async () => {
  const first = await open();
  const second = await open();
  await first.outbox.heartbeat();
  await second.outbox.heartbeat();
  expect(first.outbox.batch(1)[0]!.streamEpoch).not.toBe(second.outbox.batch(1)[0]!.streamEpoch);
});

test("E10 a full outbox gives up heartbeats first, then stages, and never an outcome", async () => {
  const { journal, outbox } = await open(new MemoryLevel(), 3);
  await journal.begin(JOB, offered);
  await outbox.heartbeat();
  await journal.append(statement("report intent", { outcome: "failed" }));
  const kinds = () => outbox.batch(10).map(({ type }) => type);
  await outbox.heartbeat();
  expect(kinds()).toEqual(["stage", "outcome", "heartbeat"]);
  await journal.append(statement("report intent", { outcome: "failed" }));
  await journal.append(statement("report intent", { outcome: "failed" }));
  expect(kinds()).toEqual(["outcome", "outcome", "outcome"]);
});
