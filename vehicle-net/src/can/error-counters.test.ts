import { expect, test } from "vitest";
import { ErrorCounters, type ErrorState } from "./error-counters.ts";

const after = (steps: Partial<Record<"transmitFailed" | "receiveFailed", number>>): ErrorCounters => {
  const counters = new ErrorCounters();
  for (let step = 0; step < (steps.transmitFailed ?? 0); step += 1) counters.transmitFailed("bit");
  for (let step = 0; step < (steps.receiveFailed ?? 0); step += 1) counters.receiveFailed();
  return counters;
};

// ISO 11898-1:2015 12.1.4: a transmit error counts 8, a receive error 1; limits 96, 128 and 256.
test.each<[Parameters<typeof after>[0], ErrorState]>([
  [{}, "active"],
  [{ transmitFailed: 11 }, "active"],
  [{ transmitFailed: 12 }, "warning"],
  [{ transmitFailed: 15 }, "warning"],
  [{ transmitFailed: 16 }, "passive"],
  [{ transmitFailed: 31 }, "passive"],
  [{ transmitFailed: 32 }, "bus-off"],
  [{ receiveFailed: 95 }, "active"],
  [{ receiveFailed: 96 }, "warning"],
  [{ receiveFailed: 128 }, "passive"],
  [{ receiveFailed: 10_000 }, "passive"],
])("S4 after %j a controller is %s", (steps, state) => {
  expect(after(steps).state).toBe(state);
});

test("S4 missing acknowledgements make a controller passive, never bus-off", () => {
  const counters = new ErrorCounters();
  for (let step = 0; step < 1000; step += 1) counters.transmitFailed("acknowledge");
  expect(counters).toMatchObject({ state: "passive", transmit: 128 });
});

test("S4 each frame that goes well counts one off, never below zero", () => {
  const counters = after({ transmitFailed: 16, receiveFailed: 2 });
  counters.transmitted();
  for (let step = 0; step < 3; step += 1) counters.received();
  expect(counters).toMatchObject({ state: "warning", transmit: 127, receive: 0 });
});

test("S4 one frame received well makes a passive receiver active again", () => {
  const counters = after({ receiveFailed: 1000 });
  counters.received();
  expect(counters).toMatchObject({ state: "warning", receive: 127 });
});
