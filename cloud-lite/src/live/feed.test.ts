import { afterEach, beforeEach, expect, test } from "vitest";
import type { AuditAction } from "../audit/actions.ts";
import { appendAudit } from "../audit/store.ts";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import { testCloud, type TestCloud } from "../testing.ts";
import type { LiveMessage } from "./feed.ts";

let made: TestCloud;
let gone: AbortController;
beforeEach(async () => {
  made = await testCloud();
  gone = new AbortController();
});
afterEach(async () => {
  gone.abort();
  await made.close();
});

const happen = (...actions: string[]): Promise<void> =>
  made.cloud.db.transaction().execute(async (tx) => {
    for (const action of actions) {
      await appendAudit(tx, {
        organisationId: DEFAULT_ORGANISATION,
        at: 1,
        actor: { kind: "cloud", id: "test" },
        requestId: "-",
        note: { action: action as AuditAction, subjectKind: "release", subjectId: "r", payload: { action } },
      });
    }
  });
const follow = (after?: number): AsyncGenerator<LiveMessage, void, void> =>
  made.cloud.live.follow(DEFAULT_ORGANISATION, { after, signal: gone.signal });
async function take(stream: AsyncGenerator<LiveMessage, void, void>, count: number): Promise<LiveMessage[]> {
  const taken: LiveMessage[] = [];
  while (taken.length < count) taken.push((await stream.next()).value!);
  return taken;
}
const actions = (messages: readonly LiveMessage[]): string[] =>
  messages.map((message) => (message.kind === "change" ? message.change.action : message.kind));
const newest = async (): Promise<number> => {
  const stream = follow();
  const [ready] = await take(stream, 1);
  await stream.return();
  return ready?.kind === "ready" ? ready.seq : Number.NaN;
};

test("A7 a new reader is told from where on it misses nothing, then each change", async () => {
  const stream = follow();
  await take(stream, 1);
  const next = take(stream, 2);
  await happen("a.done", "b.done");
  made.cloud.live.wake(DEFAULT_ORGANISATION);
  expect(actions(await next)).toEqual(["a.done", "b.done"]);
});

test("A7 a reader that comes back with its last event id gets what it missed", async () => {
  const before = await newest();
  await happen("a.done", "b.done", "c.done");
  expect(actions(await take(follow(before + 1), 2))).toEqual(["b.done", "c.done"]);
});

test("A7 more is missed than a page holds, and nothing is left out", async () => {
  const before = await newest();
  await happen(...Array.from({ length: 450 }, (_, index) => `n${index}.done`));
  const caught = await take(follow(before), 450);
  expect(actions(caught)).toEqual(Array.from({ length: 450 }, (_, index) => `n${index}.done`));
});

test("A7 a slow reader and a quick one get the same", async () => {
  const [slow, quick] = [follow(), follow()];
  await take(slow, 1);
  await take(quick, 1);
  for (const action of ["a.done", "b.done", "c.done"]) {
    const next = take(quick, 1);
    await happen(action);
    made.cloud.live.wake(DEFAULT_ORGANISATION);
    expect(actions(await next)).toEqual([action]);
  }
  expect(actions(await take(slow, 3))).toEqual(["a.done", "b.done", "c.done"]);
});

test("A7 an event id from before the kept log asks for a resync", async () => {
  await happen("a.done", "b.done", "c.done");
  const last = await newest();
  await made.cloud.db.deleteFrom("auditEntries").where("seq", "<", last).execute();
  const stream = follow(1);
  expect(await take(stream, 1)).toEqual([{ kind: "resync", seq: last, reason: "retention" }]);
});

test("A7 an event id that the log has not reached asks for a resync: the log was restored from a backup", async () => {
  const last = await newest();
  const stream = follow(last + 5);
  expect(await take(stream, 1)).toEqual([{ kind: "resync", seq: last, reason: "ahead" }]);
});

test("A7 of a job's progress only the newest is told to who was busy", async () => {
  const stream = follow();
  await take(stream, 1);
  const progress = { jobId: "j", vehicleId: "v", campaignId: "c", status: "active", at: 1 };
  for (const stage of ["download", "verify", "flash"]) {
    made.cloud.live.progress(DEFAULT_ORGANISATION, { ...progress, stage });
  }
  await made.cloud.live.look();
  const [told] = await take(stream, 1);
  expect(told).toMatchObject({ kind: "progress", progress: { stage: "flash" } });
});

test("A7 what another instance committed is seen at the next look", async () => {
  const stream = follow();
  await take(stream, 1);
  const next = take(stream, 1);
  await happen("a.done");
  await made.cloud.live.look();
  expect(actions(await next)).toEqual(["a.done"]);
});

test("A7 a reader that has gone leaves nothing behind", async () => {
  const stream = follow();
  await take(stream, 1);
  expect(made.cloud.live.readers()).toBe(1);
  const end = stream.next();
  gone.abort();
  await end;
  expect(made.cloud.live.readers()).toBe(0);
});
