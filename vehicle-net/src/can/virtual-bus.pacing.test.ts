import { expect, test } from "vitest";
import type { Clock } from "../clock/clock.ts";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { frameTimeMs } from "./bit-timing.ts";
import { VirtualBus } from "./virtual-bus.ts";

const bitrate = 500_000;
const data = new Uint8Array(8);
const frameMs = frameTimeMs({ id: 0x700, data }, { bitrate });

/** Timers as coarse as an operating system's: they fire at the next multiple of `tickMs`. */
class CoarseClock extends VirtualClock {
  readonly #tickMs: number;

  constructor(tickMs: number) {
    super();
    this.#tickMs = tickMs;
  }

  override at(atMs: number, callback: () => void): ReturnType<Clock["at"]> {
    return super.at(Math.ceil(atMs / this.#tickMs) * this.#tickMs, callback);
  }
}

/** `inFlight` senders in one, each with its next frame as soon as the last has left: `count` frames in all. */
function stream(bus: VirtualBus, inFlight: number, count: number): Promise<unknown> {
  const sender = bus.attach("sender");
  let left = count;
  const feed = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await sender.send({ id: 0x700, data });
    }
  };
  return Promise.all(Array.from({ length: inFlight }, feed));
}

test("V1 with frames in flight to bridge a tick, coarse timers cost no bus time", async () => {
  const clock = new CoarseClock(1.7);
  const bus = new VirtualBus({ clock, bitrate });
  const ends: number[] = [];
  bus.attach("receiver").subscribe(({ atMs }) => ends.push(atMs));
  await clock.run(stream(bus, 16, 2000));
  const first = ends[0] ?? expect.unreachable();
  const last = ends.at(-1) ?? expect.unreachable();
  expect(last - first).toBeCloseTo(1999 * frameMs, 6);
});

test("V1 a stalled process catches up with the times of the wire, never faster than the bit rate", async () => {
  const clock = new CoarseClock(250);
  const bus = new VirtualBus({ clock, bitrate });
  const ends: number[] = [];
  bus.attach("receiver").subscribe(({ atMs }) => ends.push(atMs));
  await clock.run(stream(bus, 32, 400));
  const gaps = ends.slice(1).map((endMs, index) => endMs - (ends[index] ?? 0));
  expect(Math.min(...gaps)).toBeCloseTo(frameMs, 6);
});

test("V1 a frame queued after an arbitration takes no part in it, even where the bus works it off late", async () => {
  const clock = new CoarseClock(10);
  const bus = new VirtualBus({ clock, bitrate });
  const [early, late] = [bus.attach("early"), bus.attach("late")];
  const order: string[] = [];
  bus.onFrame((_frame, atMs, sender) => order.push(`${sender} ${atMs.toFixed(3)}`));
  await clock.advance(1);
  const sent = [early.send({ id: 0x700, data })];
  await clock.advance(1);
  sent.push(late.send({ id: 0x001, data }));
  await clock.run(Promise.all(sent));
  const endMs = (id: number, startMs: number): string =>
    (startMs + frameTimeMs({ id, data }, { bitrate }) - 3 * (1000 / bitrate)).toFixed(3);
  expect(order).toEqual([`early ${endMs(0x700, 1)}`, `late ${endMs(0x001, 2)}`]);
});
