import { expect, test } from "vitest";
import { busLoad, frameTimeMs, VirtualBus, type BitRates } from "../can/index.ts";
import { VirtualClock } from "../clock/index.ts";
import { openIsoTpChannel } from "./channel.ts";
import type { IsoTpOptions } from "./options.ts";
import { encodeConsecutiveFrame } from "./pci.ts";

/** Bytes without long runs of equal bits, the same every time. */
function scrambled(length: number): Uint8Array {
  let state = 0x1234_5678;
  return Uint8Array.from({ length }, () => {
    state = Math.imul(state ^ (state >>> 13), 0x5bd1_e995) + 0x9e37_79b9;
    return state >>> 24;
  });
}

/** Sends `count` messages one after the other; how full was the bus, and how much of it was payload? */
async function stream(rates: BitRates, options: Partial<IsoTpOptions>, length: number, count: number) {
  const clock = new VirtualClock();
  const bus = new VirtualBus({ clock, ...rates });
  const tester = openIsoTpChannel(bus.attach("tester"), clock, {
    addressing: { mode: "normal", txId: 0x708, rxId: 0x700 },
    ...options,
  });
  const ecu = openIsoTpChannel(bus.attach("ecu"), clock, {
    addressing: { mode: "normal", txId: 0x700, rxId: 0x708 },
    ...options,
  });
  let received = 0;
  ecu.subscribe({ message: ({ length }) => (received += length) });
  const message = scrambled(length);
  const before = bus.statistics();
  await clock.run(Promise.all(Array.from({ length: count }, () => tester.send(message))));
  expect(received).toBe(length * count);
  const idealMs = count * idealStreamMs(rates, options.txDl ?? 8, message);
  return { load: busLoad(before, bus.statistics()), efficiency: idealMs / clock.now() };
}

/** The time of nothing but consecutive frames that carry these bytes, with their actual stuff bits. */
function idealStreamMs(rates: BitRates, txDl: number, message: Uint8Array): number {
  const layout = { txDl, padding: 0xcc };
  const format = txDl > 8 ? { fd: true, brs: true } : {};
  let totalMs = 0;
  for (let offset = 0, number = 1; offset < message.length; offset += txDl - 1, number += 1) {
    const data = encodeConsecutiveFrame(layout, number, message.subarray(offset, offset + txDl - 1));
    totalMs += frameTimeMs({ id: 0x708, data, ...format }, rates);
  }
  return totalMs;
}

/** The load of a bus that never rests; the interframe space of the last frame makes it a trace more than 1. */
const GAPLESS = 1 - 1e-9;

const classic = { bitrate: 500_000 };
const fd = { bitrate: 500_000, dataBitrate: 2_000_000 };

test.each<[string, BitRates, Partial<IsoTpOptions>, number, number]>([
  ["classic 500 kbit/s with messages of 4095 bytes", classic, {}, 4095, 0.996],
  ["classic 500 kbit/s with BS 8", classic, { blockSize: 8 }, 4095, 0.88],
  ["FD 500k/2M with messages of 4094 bytes", fd, { txDl: 64 }, 4094, 0.99],
  ["FD 500k/2M with messages of 65,537 bytes", fd, { txDl: 64 }, 65_537, 0.999],
])("V2 %s leave no gap on the bus", async (_, rates, options, length, efficiency) => {
  const reached = await stream(rates, options, length, 4);
  expect(reached.load).toBeGreaterThanOrEqual(GAPLESS);
  expect(reached.efficiency).toBeGreaterThan(efficiency);
});

test("V2 two streams side by side share the bus without a gap", async () => {
  const clock = new VirtualClock();
  const bus = new VirtualBus({ clock, ...classic });
  const gateway = bus.attach("gateway");
  const sends = [0, 1].map((index) => {
    const [txId, rxId] = [0x708 + index, 0x700 + index];
    openIsoTpChannel(bus.attach(`ecu ${index}`), clock, {
      addressing: { mode: "normal", txId: rxId, rxId: txId },
    });
    const channel = openIsoTpChannel(gateway, clock, { addressing: { mode: "normal", txId, rxId } });
    return channel.send(scrambled(4095));
  });
  const before = bus.statistics();
  await clock.run(Promise.all(sends));
  expect(busLoad(before, bus.statistics())).toBeGreaterThanOrEqual(GAPLESS);
});
