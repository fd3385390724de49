import { expect, test } from "vitest";
import { VirtualClock } from "../clock/virtual-clock.ts";
import type { BusFaults } from "./bus-faults.ts";
import { VirtualBus, type ErrorFrame } from "./virtual-bus.ts";

const bitrate = 500_000;
const bitMs = 1000 / bitrate;
const frame = { id: 0x708, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) };

function rig(faults?: BusFaults) {
  const clock = new VirtualClock();
  const bus = new VirtualBus({ clock, bitrate, faults });
  const sender = bus.attach("sender");
  const receiver = bus.attach("receiver");
  const errors: ErrorFrame[] = [];
  bus.onErrorFrame((error) => errors.push(error));
  return { clock, bus, sender, receiver, errors };
}

/** Destroys what "sender" sends. */
const destroy: BusFaults = ({ sender }) => (sender === "sender" ? "corrupt" : undefined);

async function busOffRig() {
  const made = rig(destroy);
  await expect(made.clock.run(made.sender.send(frame))).rejects.toMatchObject({ code: "bus-off" });
  made.bus.injectFaults(undefined);
  return made;
}

test("S4 an error frame is an event: what it ended, whose frame that was, why and when", async () => {
  const { clock, sender, errors } = rig(({ attempt }) => (attempt === 1 ? "corrupt" : undefined));
  await clock.run(sender.send(frame));
  expect(errors).toEqual([
    {
      frame: expect.objectContaining({ id: 0x708 }),
      sender: "sender",
      kind: "bit",
      atMs: expect.any(Number),
    },
  ]);
  expect(errors[0]?.atMs).toBeGreaterThan(0);
});

test("S4 a missing acknowledgement is another kind of error frame", async () => {
  const { clock, sender, receiver, errors } = rig();
  await receiver.close();
  const sent = sender.send(frame);
  await clock.advance(1);
  expect(new Set(errors.map(({ kind }) => kind))).toEqual(new Set(["acknowledge"]));
  const rejected = expect(sent).rejects.toMatchObject({ code: "closed" });
  await sender.close();
  await rejected;
});

test("S4 a destroyed frame counts 8 for its sender and 1 for every receiver", async () => {
  const { clock, sender, receiver } = rig(({ attempt }) => (attempt <= 3 ? "corrupt" : undefined));
  await clock.run(sender.send(frame));
  expect(sender.errorCounters).toEqual({ transmit: 3 * 8 - 1, receive: 0 });
  expect(receiver.errorCounters).toEqual({ transmit: 0, receive: 3 - 1 });
});

test("S4 a controller tells of warning, passive and bus-off, each once and with its counters", async () => {
  const { clock, sender } = rig(destroy);
  const changes: string[] = [];
  sender.onErrorState(({ state, transmitErrors }) => changes.push(`${state} ${transmitErrors}`));
  await clock.run(Promise.allSettled([sender.send(frame)]));
  expect(changes).toEqual(["warning 96", "passive 128", "bus-off 256"]);
});

test("S4 a controller that gets its frames through again works its way back to active", async () => {
  const { clock, sender } = rig(({ sequence }) => (sequence < 16 ? "corrupt" : undefined));
  const changes: string[] = [];
  sender.onErrorState(({ state }) => changes.push(state));
  for (let count = 0; count < 40; count += 1) await clock.run(sender.send(frame));
  expect(changes).toEqual(["warning", "passive", "warning", "active"]);
});

test("S4 a bus-off controller neither acknowledges nor receives", async () => {
  const { clock, sender, receiver } = await busOffRig();
  sender.subscribe(() => expect.unreachable("it is off the bus"));
  await expect(clock.run(receiver.send(frame))).rejects.toMatchObject({ code: "no-acknowledge" });
});

test("S4 a bus-off controller stays so until it is asked", async () => {
  const { clock, sender } = await busOffRig();
  await clock.advance(60_000);
  expect(sender.errorState).toBe("bus-off");
});

test("S4 on an idle bus recovery takes 128 times 11 bits", async () => {
  const { clock, sender } = await busOffRig();
  await clock.advance(10);
  const startMs = clock.now();
  await clock.run(sender.recover());
  expect(clock.now() - startMs).toBeCloseTo(128 * 11 * bitMs, 9);
  expect(sender).toMatchObject({ errorState: "active", errorCounters: { transmit: 0, receive: 0 } });
  expect(await clock.run(sender.send(frame))).toBeGreaterThan(startMs);
});

test("S4 on a busy bus recovery takes 128 frames of the others", async () => {
  const { clock, bus, sender, receiver } = await busOffRig();
  bus.attach("third");
  const frames: number[] = [];
  bus.onFrame((_frame, atMs) => frames.push(atMs));
  const flood = Promise.all(Array.from({ length: 200 }, () => receiver.send(frame)));
  await clock.advance(0);
  await clock.run(sender.recover());
  expect(frames).toHaveLength(128);
  await clock.run(flood);
});

test("S4 recovery asked for twice is one, and one of a healthy controller is nothing", async () => {
  const { clock, sender, receiver } = await busOffRig();
  await receiver.recover();
  const startMs = clock.now();
  await clock.run(Promise.all([sender.recover(), sender.recover()]));
  expect(clock.now() - startMs).toBeLessThan(3);
});

test("S4 a controller that is closed while it recovers says so", async () => {
  const { clock, sender } = await busOffRig();
  const back = sender.recover();
  const rejected = expect(back).rejects.toMatchObject({ code: "closed" });
  await sender.close();
  await rejected;
  await clock.advance(10);
});
