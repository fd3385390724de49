import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Clock } from "../clock/clock.ts";
import { frameTimeMs } from "./bit-timing.ts";
import type { CanBus } from "./bus.ts";
import type { CanFrame, ReceivedFrame } from "./frame.ts";

/** One bus, as many nodes on it as a test opens. */
export interface ContractRig {
  readonly clock: Clock;
  /** Opens one more node. */
  open(): Promise<CanBus>;
  /** Lets time pass until the promise settles. */
  run<T>(promise: Promise<T>): Promise<T>;
  /** Closes everything that is still open. */
  close(): Promise<void>;
}

/** What every CAN driver keeps, whatever its hardware: run it from a test file with a rig for the driver. */
export function testCanBusContract(driver: string, makeRig: () => Promise<ContractRig>): void {
  describe(`V1 the driver ${driver}`, () => {
    let rig: ContractRig;
    let a: CanBus;
    let b: CanBus;

    beforeEach(async () => {
      rig = await makeRig();
      a = await rig.open();
      b = await rig.open();
    });
    afterEach(() => rig.close());

    test("V1 delivers every frame to the others, in order and bit by bit", async () => {
      const frames: CanFrame[] = [
        ...[0, 1, 2, 3, 4, 5, 6, 7, 8].map((length) => ({ id: 0x700 + length, data: counting(length) })),
        { id: 0, data: Uint8Array.of(0xff) },
        { id: 0x7ff, data: Uint8Array.of(0) },
        { id: 0, extended: true, data: Uint8Array.of(1) },
        { id: 0x7ff, extended: true, data: Uint8Array.of(2) },
        { id: 0x1fff_ffff, extended: true, data: counting(8) },
      ];
      const c = await rig.open();
      const received = [collect(b, frames.length), collect(c, frames.length)];
      await rig.run(Promise.all(frames.map((frame) => a.send(frame))));
      for (const other of received) expect((await rig.run(other)).map(essence)).toEqual(frames.map(essence));
    });

    test("V1 never delivers a node's own frames to itself", async () => {
      const own = collect(a, 1);
      const other = collect(b, 1);
      await rig.run(a.send({ id: 1, data: counting(1) }));
      await rig.run(other);
      await rig.run(b.send({ id: 2, data: counting(1) }));
      expect((await rig.run(own)).map(({ id }) => id)).toEqual([2]);
    });

    test("V1 resolves send no earlier than the frame can have left, in order", async () => {
      // Where the bus does not know its bit rate, a frame cannot have left before it was handed over.
      const { bitrate = Number.POSITIVE_INFINITY, dataBitrate } = a.capabilities;
      const frames = Array.from({ length: 100 }, (_, count) => ({ id: 0x100 + count, data: counting(8) }));
      const startMs = rig.clock.now();
      const settled: number[] = [];
      const times = await rig.run(
        Promise.all(
          frames.map(async (frame, index) => {
            const atMs = await a.send(frame);
            settled.push(index);
            return atMs;
          }),
        ),
      );
      expect(settled).toEqual(frames.map((_, index) => index));
      let earliestMs = startMs - (3 * 1000) / bitrate;
      for (const [index, frame] of frames.entries()) {
        earliestMs += frameTimeMs(frame, { bitrate, dataBitrate });
        expect(times[index]).toBeGreaterThanOrEqual(earliestMs - 1e-6);
        expect(times[index]).toBeLessThanOrEqual(rig.clock.now());
      }
    });

    test("V1 stamps what it receives with the clock's time, never running backwards", async () => {
      const startMs = rig.clock.now();
      const received = collect(b, 50);
      await rig.run(Promise.all(Array.from({ length: 50 }, () => a.send({ id: 1, data: counting(8) }))));
      const times = (await rig.run(received)).map(({ atMs }) => atMs);
      expect(times).toEqual([...times].sort((x, y) => x - y));
      expect(times[0]).toBeGreaterThan(startMs);
      expect(times.at(-1)).toBeLessThanOrEqual(rig.clock.now());
    });

    test("V1 carries frames of both directions at once, each in order", async () => {
      const count = 100;
      const received = [collect(b, count), collect(a, count)];
      const send = (bus: CanBus, id: number): Promise<unknown> =>
        Promise.all(
          Array.from({ length: count }, (_, index) => bus.send({ id, data: Uint8Array.of(index) })),
        );
      await rig.run(Promise.all([send(a, 0x708), send(b, 0x700)]));
      for (const frames of await rig.run(Promise.all(received))) {
        expect(frames.map(({ data }) => data[0])).toEqual(Array.from({ length: count }, (_, index) => index));
      }
    });

    test("V1 lets the sender use its buffer again at once", async () => {
      const received = collect(b, 1);
      const buffer = counting(4);
      const sent = a.send({ id: 1, data: buffer });
      buffer.fill(0xee);
      await rig.run(sent);
      expect((await rig.run(received))[0]?.data).toEqual(counting(4));
    });

    test("V1 delivers nothing after a subscription has ended", async () => {
      const heard: number[] = [];
      const unsubscribe = b.subscribe(({ id }) => heard.push(id));
      const first = collect(b, 1);
      await rig.run(a.send({ id: 1, data: counting(1) }));
      await rig.run(first);
      unsubscribe();
      const second = collect(b, 1);
      await rig.run(a.send({ id: 2, data: counting(1) }));
      await rig.run(second);
      expect(heard).toEqual([1]);
    });

    test("V1 rejects what is pending when it is closed, and everything after", async () => {
      const pending = Promise.allSettled(
        Array.from({ length: 50 }, () => a.send({ id: 1, data: counting(8) })),
      );
      await rig.run(a.close());
      await rig.run(a.close());
      expect((await rig.run(pending)).at(-1)).toMatchObject({
        status: "rejected",
        reason: { code: "closed" },
      });
      await expect(a.send({ id: 1, data: counting(1) })).rejects.toMatchObject({ code: "closed" });
    });

    test("V1 leaves the bus to the others when it is closed", async () => {
      const c = await rig.open();
      a.subscribe(() => expect.unreachable("a closed bus delivers nothing"));
      await rig.run(a.close());
      const received = collect(c, 1);
      await rig.run(b.send({ id: 7, data: counting(2) }));
      expect((await rig.run(received))[0]?.id).toBe(7);
    });

    test("V1 refuses a frame that no controller can send", async () => {
      await expect(a.send({ id: 0x800, data: counting(1) })).rejects.toMatchObject({ code: "bad-frame" });
      await expect(a.send({ id: 1, data: counting(9) })).rejects.toMatchObject({ code: "bad-frame" });
    });

    test("V1 carries FD frames where it says that it can, else refuses them", async () => {
      const fd = { id: 0x7e0, fd: true, brs: true, data: counting(64) };
      const slow = { id: 0x18da_00f1, extended: true, fd: true, brs: false, data: counting(12) };
      if (!a.capabilities.fd) {
        await expect(a.send(fd)).rejects.toMatchObject({ code: "frame-not-supported" });
        return;
      }
      const received = collect(b, 2);
      await rig.run(Promise.all([a.send(fd), a.send(slow)]));
      expect((await rig.run(received)).map(essence)).toEqual([fd, slow].map(essence));
    });
  });
}

const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index + 1);

/** The fields that travel on every medium, defaults filled in. */
function essence({ id, extended = false, fd = false, brs = false, data }: CanFrame): CanFrame {
  return { id, extended, fd, brs, data: Uint8Array.from(data) };
}

/** The next `count` frames that `bus` receives. */
function collect(bus: CanBus, count: number): Promise<ReceivedFrame[]> {
  const { promise, resolve } = Promise.withResolvers<ReceivedFrame[]>();
  const frames: ReceivedFrame[] = [];
  const unsubscribe = bus.subscribe((frame) => {
    frames.push(frame);
    if (frames.length < count) return;
    unsubscribe();
    resolve(frames);
  });
  return promise;
}
