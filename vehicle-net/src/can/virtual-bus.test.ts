import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { bitsMs, frameBits, frameTimeMs } from "./bit-timing.ts";
import { busLoad } from "./bus-statistics.ts";
import type { CanFrame, ReceivedFrame } from "./frame.ts";
import { VirtualBus, type VirtualBusOptions } from "./virtual-bus.ts";

const bitrate = 500_000;
const data = Uint8Array.of(0x2a, 0x36, 0x6c, 0x2b, 0xba);
const INTERMISSION_MS = (3 * 1000) / bitrate;

interface Rig {
  readonly clock: VirtualClock;
  readonly bus: VirtualBus;
  readonly log: { id: number; atMs: number; sender: string }[];
}

function rig(options: Partial<VirtualBusOptions> = {}): Rig {
  const clock = new VirtualClock();
  const bus = new VirtualBus({ clock, bitrate, ...options });
  const log: Rig["log"] = [];
  bus.onFrame((frame, atMs, sender) => log.push({ id: frame.id, atMs, sender }));
  return { clock, bus, log };
}

test("V1 send resolves at the end of the frame, and the other nodes receive it then", async () => {
  const { clock, bus } = rig();
  const [tester, ecu, other] = ["tester", "ecu", "other"].map((name) => bus.attach(name));
  const received: ReceivedFrame[] = [];
  tester?.subscribe(() => expect.unreachable("a node never receives its own frame"));
  ecu?.subscribe((frame) => received.push(frame));
  other?.subscribe((frame) => received.push(frame));
  await clock.advance(10);
  const frame: CanFrame = { id: 0x44, data };
  const departedMs = await clock.run(tester?.send(frame) ?? Promise.reject(new RangeError("no node")));
  expect(departedMs).toBe(10 + frameTimeMs(frame, { bitrate }) - INTERMISSION_MS);
  expect(clock.now()).toBe(departedMs);
  expect(received).toEqual([
    { id: 0x44, extended: false, data, fd: false, brs: false, esi: false, atMs: departedMs },
    { id: 0x44, extended: false, data, fd: false, brs: false, esi: false, atMs: departedMs },
  ]);
});

test("V1 the bus keeps a copy: the sender may use its buffer again at once", async () => {
  const { clock, bus } = rig();
  const sender = bus.attach("sender");
  const received: number[] = [];
  bus.attach("receiver").subscribe((frame) => received.push(...frame.data));
  const buffer = Uint8Array.of(1, 2, 3);
  const sent = sender.send({ id: 1, data: buffer });
  buffer.fill(0xff);
  await clock.run(sent);
  expect(received).toEqual([1, 2, 3]);
});

test("V1 of frames queued at the same instant the lowest identifier goes first", async () => {
  const { clock, bus, log } = rig();
  const sent = [0x300, 0x100, 0x7ff, 0x200].map((id) => bus.attach(`node ${id}`).send({ id, data }));
  await clock.run(Promise.all(sent));
  expect(log.map(({ id }) => id)).toEqual([0x100, 0x200, 0x300, 0x7ff]);
});

test("V1 equal identifiers go in the order in which their nodes were attached", async () => {
  const { clock, bus, log } = rig();
  const [first, second] = [bus.attach("first"), bus.attach("second")];
  await clock.run(Promise.all([second.send({ id: 5, data }), first.send({ id: 5, data })]));
  expect(log.map(({ sender }) => sender)).toEqual(["first", "second"]);
});

test("V1 a node keeps the order of its own frames, whatever their identifiers", async () => {
  const { clock, bus, log } = rig();
  const sender = bus.attach("sender");
  bus.attach("receiver");
  await clock.run(Promise.all([7, 3, 5].map((id) => sender.send({ id, data }))));
  expect(log.map(({ id }) => id)).toEqual([7, 3, 5]);
});

test("V1 a frame queued while the bus is busy takes part in the next arbitration", async () => {
  const { clock, bus, log } = rig();
  const [slow, quick] = [bus.attach("slow"), bus.attach("quick")];
  const sent = [slow.send({ id: 0x700, data }), slow.send({ id: 0x701, data })];
  await clock.advance(0.01);
  sent.push(quick.send({ id: 0x001, data }));
  await clock.run(Promise.all(sent));
  expect(log.map(({ id }) => id)).toEqual([0x700, 0x001, 0x701]);
});

test("V1 an answer queued on reception takes part in the arbitration three bits later", async () => {
  const { clock, bus, log } = rig();
  const [tester, ecu] = [bus.attach("tester"), bus.attach("ecu")];
  const answered: Promise<number>[] = [];
  ecu.subscribe(({ id }) => {
    if (id === 0x701) answered.push(ecu.send({ id: 0x700, data }));
  });
  await clock.run(Promise.all([tester.send({ id: 0x701, data }), tester.send({ id: 0x702, data })]));
  expect(log.map(({ id }) => id)).toEqual([0x701, 0x700, 0x702]);
});

test("V1 frames without a gap end at whole bits from the first, however many there are", async () => {
  const { clock, bus, log } = rig({ bitrate: 333_333, dataBitrate: 1_777_777 });
  const sender = bus.attach("sender");
  bus.attach("receiver");
  const frames = Array.from({ length: 3000 }, (_, count): CanFrame => {
    const fd = count % 3 === 0;
    return { id: 0x100 + (count % 7), data: new Uint8Array(8).fill(count), fd, brs: fd };
  });
  await clock.run(Promise.all(frames.map((frame) => sender.send(frame))));
  const total = { nominalBits: -3, dataBits: 0 };
  for (const frame of frames) {
    const { nominalBits, dataBits } = frameBits(frame);
    total.nominalBits += nominalBits;
    total.dataBits += dataBits;
  }
  expect(log.at(-1)?.atMs).toBe(bitsMs(total, { bitrate: 333_333, dataBitrate: 1_777_777 }));
});

test("V1 no two frames overlap, none is lost, and the load counts what was sent", async () => {
  const anyFrame = fc.record({
    id: fc.integer({ min: 0, max: 0x7ff }),
    length: fc.integer({ min: 0, max: 8 }),
    node: fc.integer({ min: 0, max: 2 }),
    pauseMs: fc.constantFrom(0, 0, 0.05, 0.2, 3),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(anyFrame, { minLength: 1, maxLength: 30 }), async (frames) => {
      const { clock, bus, log } = rig();
      const nodes = [bus.attach("a"), bus.attach("b"), bus.attach("c")];
      const before = bus.statistics();
      const sent: Promise<number>[] = [];
      let occupiedMs = 0;
      for (const { id, length, node, pauseMs } of frames) {
        const frame = { id, data: new Uint8Array(length) };
        occupiedMs += frameTimeMs(frame, { bitrate });
        sent.push(nodes[node]?.send(frame) ?? expect.unreachable());
        await clock.advance(pauseMs);
      }
      await clock.run(Promise.all(sent));
      await clock.advance(1);
      expect(log).toHaveLength(frames.length);
      const shortestMs = (47 * 1000) / bitrate;
      for (const [index, { atMs }] of log.entries()) {
        expect(atMs - (log[index - 1]?.atMs ?? -1)).toBeGreaterThanOrEqual(shortestMs - 1e-9);
      }
      const after = bus.statistics();
      expect(after.busyMs).toBeCloseTo(occupiedMs, 9);
      expect(busLoad(before, after)).toBeCloseTo(occupiedMs / after.atMs, 9);
      expect(after.bytes).toBe(frames.reduce((sum, { length }) => sum + length, 0));
    }),
    { numRuns: 30 },
  );
});

test("V1 a gapless bus has a load of one", async () => {
  const { clock, bus } = rig();
  const sender = bus.attach("sender");
  bus.attach("receiver");
  const before = bus.statistics();
  const sent = Array.from({ length: 10 }, () => sender.send({ id: 1, data }));
  await clock.run(Promise.all(sent));
  await clock.advance(INTERMISSION_MS);
  expect(busLoad(before, bus.statistics())).toBeCloseTo(1, 9);
});

test("V1 an FD frame is refused on a classic bus, a 12-byte classic frame on any", async () => {
  const { bus } = rig();
  const node = bus.attach("node");
  await expect(node.send({ id: 1, fd: true, data })).rejects.toMatchObject({ code: "frame-not-supported" });
  await expect(node.send({ id: 1, data: new Uint8Array(12) })).rejects.toMatchObject({ code: "bad-frame" });
});

test("V1 the data phase of an FD frame runs at the data bit rate", async () => {
  const { clock, bus } = rig({ dataBitrate: 2_000_000 });
  const sender = bus.attach("sender");
  bus.attach("receiver");
  const frame = { id: 0x555, fd: true, brs: true, data: new Uint8Array(64).fill(0x55) };
  // 29 nominal and 550 data bits (bit-timing.test.ts), without the interframe space.
  expect(await clock.run(sender.send(frame))).toBeCloseTo(26 / 500 + 550 / 2000, 12);
});

test("V1 a node that closes rejects what it has not sent and no longer hears", async () => {
  const { clock, bus, log } = rig();
  const [leaving, staying, witness] = [bus.attach("leaving"), bus.attach("staying"), bus.attach("witness")];
  leaving.subscribe(() => expect.unreachable());
  const cutOff = leaving.send({ id: 1, data });
  const waiting = leaving.send({ id: 2, data });
  const other = staying.send({ id: 3, data });
  const outcomes = Promise.allSettled([cutOff, waiting]);
  await clock.advance(0.05);
  await leaving.close();
  await leaving.close();
  await clock.run(other);
  expect(await outcomes).toMatchObject([{ reason: { code: "closed" } }, { reason: { code: "closed" } }]);
  await expect(leaving.send({ id: 4, data })).rejects.toMatchObject({ code: "closed" });
  expect(log.map(({ id }) => id)).toEqual([3]);
  expect(bus.statistics().errorFrames).toBe(1);
  expect(witness.queueLength).toBe(0);
});

test("V1 a subscription ends when its owner says so", async () => {
  const { clock, bus } = rig();
  const [sender, receiver] = [bus.attach("sender"), bus.attach("receiver")];
  const ids: number[] = [];
  const unsubscribe = receiver.subscribe(({ id }) => ids.push(id));
  await clock.run(sender.send({ id: 1, data }));
  unsubscribe();
  await clock.run(sender.send({ id: 2, data }));
  expect(ids).toEqual([1]);
});
