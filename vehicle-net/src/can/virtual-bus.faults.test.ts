import { expect, test } from "vitest";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { frameTimeMs } from "./bit-timing.ts";
import { randomFaults, type BusFaults } from "./bus-faults.ts";
import { VirtualBus } from "./virtual-bus.ts";

const bitrate = 500_000;
const data = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const frame = { id: 0x708, data };
const frameMs = frameTimeMs(frame, { bitrate });
const bitMs = 1000 / bitrate;

function rig(faults?: BusFaults) {
  const clock = new VirtualClock();
  const bus = new VirtualBus({ clock, bitrate, faults });
  const received: number[] = [];
  const sender = bus.attach("sender");
  const receiver = bus.attach("receiver");
  receiver.subscribe(({ atMs }) => received.push(atMs));
  return { clock, bus, sender, receiver, received };
}

test("S4 a lost frame is sent and acknowledged, yet not received", async () => {
  const { clock, sender, received } = rig(({ sequence }) => (sequence === 0 ? "lose" : undefined));
  await clock.run(sender.send(frame));
  expect(received).toEqual([]);
  await clock.run(sender.send(frame));
  expect(received).toHaveLength(1);
});

test("S4 a corrupted frame is repeated after its error frame, and received once", async () => {
  const { clock, bus, sender, received } = rig(({ attempt }) => (attempt === 1 ? "corrupt" : undefined));
  const departedMs = await clock.run(sender.send(frame));
  // The frame with an error frame for its end of frame (8 bits more), then the frame without interframe space.
  expect(departedMs).toBeCloseTo(frameMs + 8 * bitMs + frameMs - 3 * bitMs, 9);
  expect(received).toEqual([departedMs]);
  expect(bus.statistics()).toMatchObject({ frames: 1, errorFrames: 1 });
});

test("S4 a corrupted frame arbitrates anew: a better identifier goes first", async () => {
  const { clock, bus, sender, receiver } = rig(({ sequence }) => (sequence === 0 ? "corrupt" : undefined));
  const ids: number[] = [];
  bus.onFrame(({ id }) => ids.push(id));
  const sent = sender.send(frame);
  await clock.advance(0.01);
  await clock.run(Promise.all([sent, receiver.send({ id: 1, data })]));
  expect(ids).toEqual([1, 0x708]);
});

test("S4 a delayed frame leaves the bus to others until then", async () => {
  const { clock, bus, sender, receiver } = rig(({ sender: name, attempt }) =>
    name === "sender" && attempt === 1 ? { delayMs: 2 } : undefined,
  );
  const ids: number[] = [];
  bus.onFrame(({ id }) => ids.push(id));
  const [departedMs] = await clock.run(
    Promise.all([sender.send({ id: 1, data }), receiver.send({ id: 2, data })]),
  );
  expect(ids).toEqual([2, 1]);
  expect(departedMs).toBeCloseTo(2 + frameTimeMs({ id: 1, data }, { bitrate }) - 3 * bitMs, 9);
});

test("S4 a node whose frames are always destroyed goes bus-off after 32 attempts and stays so", async () => {
  const { clock, bus, sender } = rig(() => "corrupt");
  const outcomes = await clock.run(Promise.allSettled([sender.send(frame), sender.send(frame)]));
  expect(outcomes).toMatchObject([{ reason: { code: "bus-off" } }, { reason: { code: "bus-off" } }]);
  expect(bus.statistics().errorFrames).toBe(32);
  await expect(sender.send(frame)).rejects.toMatchObject({ code: "bus-off" });
});

test("V1 a lone node repeats its frame for half a second, then says that nobody acknowledges", async () => {
  const clock = new VirtualClock();
  const bus = new VirtualBus({ clock, bitrate });
  const alone = bus.attach("alone");
  await expect(clock.run(alone.send(frame))).rejects.toMatchObject({
    code: "no-acknowledge",
    message: expect.stringContaining('frame 708 of "alone"'),
  });
  expect(clock.now()).toBeGreaterThanOrEqual(500 - frameMs);
  expect(clock.now()).toBeLessThan(502);
  expect(alone.isBusOff).toBe(false);
});

test("V1 a frame that nobody acknowledged is received by the node that comes in time", async () => {
  const clock = new VirtualClock();
  const bus = new VirtualBus({ clock, bitrate });
  const early = bus.attach("early");
  const sent = early.send(frame);
  await clock.advance(100);
  const received: number[] = [];
  bus.attach("late").subscribe(({ id }) => received.push(id));
  expect(await clock.run(sent)).toBeLessThan(101);
  expect(received).toEqual([0x708]);
});

test("V1 a node that only listens neither acknowledges nor sends", async () => {
  const clock = new VirtualClock();
  const bus = new VirtualBus({ clock, bitrate, acknowledgeTimeoutMs: 5 });
  const sender = bus.attach("sender");
  const witness = bus.attach("witness", { listenOnly: true });
  await expect(clock.run(sender.send(frame))).rejects.toMatchObject({ code: "no-acknowledge" });
  await expect(witness.send(frame)).rejects.toMatchObject({ code: "frame-not-supported" });
});

test("S4 random faults are the same for the same seed and come at the rates asked for", () => {
  const draw = (seed: number): string[] => {
    const faults = randomFaults({ seed, lose: 0.1, corrupt: 0.2 });
    return Array.from({ length: 10_000 }, (_, sequence) => {
      const fault = faults({ frame, sender: "any", attempt: 1, sequence, atMs: 0 });
      return typeof fault === "string" ? fault : "pass";
    });
  };
  const first = draw(42);
  expect(draw(42)).toEqual(first);
  expect(draw(43)).not.toEqual(first);
  const share = (kind: string): number => first.filter((fault) => fault === kind).length / first.length;
  expect(share("lose")).toBeCloseTo(0.1, 1);
  expect(share("corrupt")).toBeCloseTo(0.2, 1);
});
