import { type CandumpEntry, frameTimeMs } from "@halfshaft/vehicle-net/can";
import { expect, test } from "vitest";
import { highestLoad } from "./pace.ts";

const rates = { bitrate: 500_000 };
const frame = { id: 0x708, data: Uint8Array.of(0x21, 1, 2, 3, 4, 5, 6, 7) };
const frameMs = frameTimeMs(frame, rates);

const every = (intervalMs: number, count: number): CandumpEntry[] =>
  Array.from({ length: count }, (_, i) => ({ atMs: 1000 + i * intervalMs, channel: "can0", frame }));

test.each([
  ["a gapless bus stays within its bit rate", every(frameMs, 2000), 0.99, 1],
  ["a bus that rests half the time is half full", every(2 * frameMs, 2000), 0.49, 0.51],
  ["a hub a tenth too fast is found out", every(frameMs / 1.1, 2000), 1.08, 1.1],
])("B5 %s", (_, entries, least, most) => {
  const load = highestLoad(entries, rates, 100);
  expect(load).toBeGreaterThan(least);
  expect(load).toBeLessThanOrEqual(most);
});

test("B5 a burst between two quiet stretches is found out", () => {
  const quiet = every(5, 200);
  const burst = every(frameMs / 2, 500).map((entry) => ({ ...entry, atMs: entry.atMs + 1000 }));
  expect(highestLoad([...quiet, ...burst], rates, 100)).toBeGreaterThan(1);
});
