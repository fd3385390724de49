import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../../clock/virtual-clock.ts";
import { CanError } from "../bus.ts";
import { VirtualBus } from "../virtual-bus.ts";
import type { SlcanDialectName } from "./dialect.ts";
import { PacedWindow, type PacedWindowOptions } from "./paced-window.ts";
import { MemoryPort } from "./simulated-port.ts";
import { openSlcan } from "./slcan.ts";

const frameMs = 0.25;

function rig(options: Partial<PacedWindowOptions> = {}) {
  const clock = new VirtualClock();
  const written: number[] = [];
  const window = new PacedWindow({
    clock,
    inFlight: 4,
    fifo: 8,
    answers: false,
    probes: false,
    write: () => written.push(clock.now()),
    probe: () => undefined,
    onSilence: () => expect.unreachable("it never has to answer"),
    refusal: () => new CanError("no-acknowledge", "refused"),
    ...options,
  });
  const send = (count: number): Promise<number[]> =>
    Promise.all(
      Array.from({ length: count }, () => {
        const { promise, resolve, reject } = Promise.withResolvers<number>();
        window.push({ line: "t7E080000000000000000\r", frameMs, resolve, reject });
        return promise;
      }),
    );
  return { clock, window, written, send };
}

test("V1 without any sign of arrival a frame is written when the oldest has left for certain", async () => {
  const { clock, written, send } = rig();
  await clock.run(send(6));
  // Two milliseconds for the way and 2 % for a slow oscillator.
  expect(written).toEqual([0, 0, 0, 0, 2 + 0.255, 2 + 2 * 0.255].map((atMs) => expect.closeTo(atMs, 9)));
});

test("V1 the sender is told the earliest time at which its frame can have left", async () => {
  const { clock, send } = rig({ inFlight: 100, fifo: 200 });
  expect(await clock.run(send(3))).toEqual([0.25, 0.5, 0.75]);
});

test("V1 frames of others hold up what is in flight", async () => {
  const { clock, window, send } = rig();
  const sent = send(2);
  await clock.advance(0.1);
  window.occupied(1);
  expect(await clock.run(sent)).toEqual([1.25, 1.5]);
});

test("V1 a UART's own pace comes on top", async () => {
  const { clock, send } = rig({ uartBaud: 110_000 });
  // 22 characters of 10 bits.
  const lineMs = (22 * 10 * 1000) / 110_000;
  const [first, second] = await clock.run(send(2));
  expect(first).toBeCloseTo(lineMs + frameMs, 9);
  expect(second).toBeCloseTo(2 * lineMs + frameMs, 9);
});

/** Both nodes flood the bus at once, and the frames of the other win. */
async function floodBothWays(dialect: SlcanDialectName, delaysMs: readonly number[]): Promise<number> {
  const clock = new VirtualClock();
  const bus = new VirtualBus({ clock, bitrate: 500_000 });
  const rival = bus.attach("rival");
  let turn = 0;
  let isOpen = false;
  const transferMs = (): number => (isOpen ? delaysMs[turn++ % delaysMs.length]! : 1);
  const port = new MemoryPort({ bus, name: "adapter", dialect, clock, transferMs });
  const url = `slcan:port?bitrate=500k&dialect=${dialect}`;
  const sender = await clock.run(openSlcan(url, clock, { openPort: async () => port }));
  isOpen = true;
  const ids = Array.from({ length: 150 }, (_, index) => index);
  const flood = Promise.all([
    ...ids.map((index) => sender.send({ id: 0x708, data: Uint8Array.of(index) })),
    ...ids.map((index) => rival.send({ id: 0x700, data: new Uint8Array(8).fill(index) })),
  ]);
  await clock.run(flood);
  await clock.run(sender.close());
  return port.adapter.dropped;
}

test.each(["canable1", "canable2"] as const)(
  "V1 a %s drops nothing however late bytes arrive, even while another node has the bus",
  async (dialect) => {
    const short = fc.double({ min: 0.1, max: 30, noNaN: true });
    const delays = fc.array(fc.oneof(short, short, fc.constant(350)), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(delays, async (delaysMs) => {
        expect(await floodBothWays(dialect, delaysMs)).toBe(0);
      }),
      { numRuns: 40 },
    );
  },
);

test("V1 a lost answer to a question costs a fifth of a second once, and nothing is lost for it", async () => {
  let asked = 0;
  const { clock, window, written, send } = rig({
    probes: true,
    onSilence: () => expect.unreachable("it answers all but one"),
    probe: () => {
      asked += 1;
      if (asked !== 2) clock.after(1, () => window.probed());
    },
  });
  await clock.run(send(100));
  expect(written).toHaveLength(100);
  const gaps = written.slice(1).map((atMs, index) => atMs - (written[index] ?? 0));
  expect(gaps.filter((gapMs) => gapMs > 100)).toHaveLength(1);
});

test("V1 a question without an answer for a second means silence", async () => {
  const silences: number[] = [];
  const { clock, window, send } = rig({
    probes: true,
    onSilence: () => {
      silences.push(clock.now());
      window.abandon(new CanError("lost-connection", "silent"));
    },
  });
  await clock.run(Promise.allSettled([send(20)]));
  expect(silences).toEqual([1000]);
});
