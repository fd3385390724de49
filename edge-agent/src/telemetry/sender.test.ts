import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import { MemoryLevel } from "memory-level";
import { expect, test } from "vitest";
import { Http } from "../http/http.ts";
import { DurableStore } from "../journal/durable-store.ts";
import { T0 } from "../journal/testing.ts";
import { Outbox } from "./outbox.ts";
import { Sender } from "./sender.ts";

const BOOT_ID = "0193f3a0-7c00-7abc-8def-0000000000b0";

/** A cloud that answers with the given statuses, the last one for ever, and notes the numbers it was sent. */
async function sending(statuses: readonly number[]) {
  const clock = new VirtualClock();
  const store = new DurableStore(new MemoryLevel(), clock);
  const options = { now: () => T0, monotonicMs: () => 0, bootId: BOOT_ID, clockTrusted: () => true };
  const outbox = await Outbox.open(store, options);
  const received: number[][] = [];
  const answers = [...statuses];
  const http = new Http({
    token: "t",
    clock,
    fetch: async (_url, { body }) => {
      const { events } = JSON.parse(body ?? "") as { events: { seq: number }[] };
      received.push(events.map(({ seq }) => seq));
      const status = answers.length > 1 ? answers.shift()! : answers[0]!;
      return new Response("{}", { status });
    },
  });
  const sender = new Sender({ outbox, http, url: "http://cloud.test/api/v1/device/events", clock });
  return { clock, outbox, sender, received };
}

test("E10 what the cloud confirmed is forgotten", async () => {
  const { clock, outbox, sender, received } = await sending([200]);
  await outbox.heartbeat();
  await outbox.heartbeat();
  await clock.run(sender.delivered(new AbortController().signal));
  expect([received, outbox.size]).toEqual([[[1, 2]], 0]);
});

test("E10 what was not confirmed is sent again, later each time", async () => {
  const { clock, outbox, sender, received } = await sending([503, 503, 200]);
  await outbox.heartbeat();
  await clock.run(sender.delivered(new AbortController().signal));
  expect(received).toEqual([[1], [1], [1]]);
  expect(clock.now()).toBe(3000);
});

test("E10 an event that comes while nothing is to be sent is sent at once", async () => {
  const { clock, outbox, sender, received } = await sending([200]);
  const stop = new AbortController();
  const running = sender.run(stop.signal);
  await clock.run(outbox.heartbeat());
  await clock.advance(1);
  expect(received).toEqual([[1]]);
  stop.abort();
  await running;
});
