import type { Event } from "@halfshaft/ota-format";
import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import { MemoryLevel } from "memory-level";
import { expect, test } from "vitest";
import { HttpError } from "../http/http-error.ts";
import { DurableStore } from "../journal/durable-store.ts";
import { T0 } from "../journal/testing.ts";
import { Nudge } from "../nudge.ts";
import { Outbox } from "./outbox.ts";
import { Sender } from "./sender.ts";

const heartbeat = { type: "heartbeat" } as const;

/** A cloud that refuses with the given statuses one after the other, then takes everything. */
async function sending(statuses: readonly number[], refuses: (event: Event) => boolean = () => false) {
  const clock = new VirtualClock();
  const clocks = { now: () => T0, monotonicMs: () => 0, clockTrusted: () => true };
  const outbox = await Outbox.open(new DurableStore(new MemoryLevel(), clock), clocks);
  const taken: number[][] = [];
  const refused: number[] = [];
  const answers = [...statuses];
  const cloud = {
    async postEvents(events: readonly Event[]) {
      const status = answers.shift() ?? (events.some(refuses) ? 400 : 200);
      if (status !== 200) throw new HttpError("status", "", String(status), { status });
      taken.push(events.map(({ seq }) => seq));
      return { accepted: events.length, duplicates: 0 };
    },
  };
  const onRefused = ({ seq }: Event): void => void refused.push(seq);
  const sender = new Sender({ outbox, cloud, nudge: new Nudge(clock), onRefused });
  const { signal } = new AbortController();
  return { clock, outbox, sender, taken, refused, signal };
}

test("E10 what the cloud has taken is forgotten", async () => {
  const { clock, outbox, sender, taken, signal } = await sending([]);
  await outbox.add(heartbeat, heartbeat);
  await clock.run(sender.drain(signal));
  expect([taken, outbox.waiting]).toEqual([[[1, 2]], []]);
});

test("E10 what it has not taken is sent again, later each time", async () => {
  const { clock, outbox, sender, taken, signal } = await sending([503, 503, 429]);
  await outbox.add(heartbeat);
  await clock.run(sender.drain(signal));
  expect([taken, clock.now()]).toEqual([[[1]], 2000 + 4000 + 8000]);
});

test("E10 an event that the cloud will never take does not keep the others back", async () => {
  const { clock, outbox, sender, taken, refused, signal } = await sending([], ({ seq }) => seq === 3);
  await outbox.add(heartbeat, heartbeat, heartbeat, heartbeat, heartbeat);
  await clock.run(sender.drain(signal));
  expect(refused).toEqual([3]);
  expect(taken.flat()).toEqual([1, 2, 4, 5]);
  expect(outbox.waiting).toEqual([]);
});

test("E10 an event that comes while nothing is to be sent is sent at once", async () => {
  const { clock, outbox, sender, taken } = await sending([]);
  const power = new AbortController();
  const running = sender.run(power.signal).catch(() => "stopped");
  await clock.advance(10);
  await outbox.add(heartbeat);
  await clock.advance(1);
  expect(taken).toEqual([[1]]);
  power.abort();
  expect(await running).toBe("stopped");
});
