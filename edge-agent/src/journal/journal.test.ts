import { realClock } from "@halfshaft/vehicle-net/clock";
import { MemoryLevel } from "memory-level";
import { expect, test } from "vitest";
import { DurableStore, type LevelDatabase, StoreError } from "./durable-store.ts";
import { Journal } from "./journal.ts";
import { JOB, memoryJournal, statement, T0, testEcuPlan, testOffer, testPlan } from "./testing.ts";

const offered = statement("offer done", { offer: testOffer() });

test("E2 facts read after a restart are those that were written, in their order", async () => {
  const { level, journal } = await memoryJournal();
  await journal.begin(JOB, offered);
  await journal.append(statement("plan intent"));
  const again = await memoryJournal(level);
  expect(again.journal.facts).toEqual(journal.facts);
  expect(again.journal.facts.map(({ seq, step, kind }) => `${seq} ${step} ${kind}`)).toEqual([
    "1 offer done",
    "2 plan intent",
  ]);
});

test("E2 every fact is written with sync and is in memory only once it is on disk", async () => {
  const written = Promise.withResolvers<void>();
  const options: object[] = [];
  const slow: LevelDatabase = {
    batch: async (_operations, given) => {
      options.push(given);
      await written.promise;
    },
    async *iterator() {},
    close: async () => {},
  };
  const journal = await Journal.open(new DurableStore(slow, realClock), () => T0);
  const heard: string[] = [];
  journal.subscribe((fact) => heard.push(fact.step));
  const beginning = journal.begin(JOB, offered);
  await new Promise((resolve) => setImmediate(resolve));
  expect([journal.facts.length, heard.length]).toEqual([0, 0]);
  written.resolve();
  await beginning;
  expect([journal.facts.length, heard]).toEqual([1, ["offer"]]);
  expect(options).toEqual([{ sync: true }]);
});

test("E2 a fact that could not be written is not there, and its number is used again", async () => {
  const level = new MemoryLevel();
  let broken = false;
  const failing: LevelDatabase = {
    batch: async (operations, options) => {
      if (broken) throw new RangeError("disk full");
      await level.batch([...operations], options);
    },
    iterator: (range) => level.iterator(range),
    close: () => level.close(),
  };
  const journal = await Journal.open(new DurableStore(failing, realClock), () => T0);
  await journal.begin(JOB, offered);
  broken = true;
  await expect(journal.append(statement("plan intent"))).rejects.toThrow(StoreError);
  broken = false;
  const fact = await journal.append(statement("plan intent"));
  expect([fact.seq, journal.facts.length]).toEqual([2, 2]);
});

test("E2 nothing is written after the store was closed, as after a power cut", async () => {
  const { level, store, journal } = await memoryJournal();
  await journal.begin(JOB, offered);
  store.close();
  await expect(journal.append(statement("plan intent"))).rejects.toMatchObject({ code: "closed" });
  expect((await memoryJournal(level)).journal.facts).toHaveLength(1);
});

test("E2 facts carry the digest of the plan from the fact on that made it", async () => {
  const { journal } = await memoryJournal();
  await journal.begin(JOB, offered);
  await journal.append(statement("plan done", { plan: testPlan(testEcuPlan("E1")) }));
  await journal.append(statement("download intent"));
  const digests = journal.facts.map((fact) => fact.planDigest);
  expect(digests[0]).toBe("");
  expect(digests[1]).toMatch(/^[0-9a-f]{64}$/);
  expect(digests[2]).toBe(digests[1]);
});

test("E2 a job that has ended is remembered over a restart and the next job", async () => {
  const { level, journal } = await memoryJournal();
  await journal.begin(JOB, offered);
  await journal.append(statement("report done"));
  const next = { ...JOB, attempt: 2 };
  await journal.begin(next, offered);
  const again = await memoryJournal(level);
  expect([again.journal.hasEnded(JOB), again.journal.hasEnded(next)]).toEqual([true, false]);
  expect(again.journal.facts.map((fact) => fact.attempt)).toEqual([2]);
});

test("E2 facts of jobs before the last one are forgotten", async () => {
  const { level, journal } = await memoryJournal();
  for (const attempt of [1, 2, 3, 4]) await journal.begin({ ...JOB, attempt }, offered);
  const keys = await level.keys().all();
  expect(keys).toHaveLength(2);
});
