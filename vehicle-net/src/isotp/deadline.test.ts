import { expect, test } from "vitest";
import type { Clock } from "../clock/clock.ts";
import { VirtualClock } from "../clock/index.ts";
import { Deadline } from "./deadline.ts";

test("V2 a deadline fires once, at its time", async () => {
  const clock = new VirtualClock();
  const fired: number[] = [];
  new Deadline(clock, (atMs) => fired.push(atMs), true).arm(10);
  await clock.advance(100);
  expect(fired).toEqual([10]);
});

test.each([
  ["later", 10, 15],
  ["earlier", 15, 10],
])("V2 a deadline moved to %s fires at its new time only", async (_, first, second) => {
  const clock = new VirtualClock();
  const fired: number[] = [];
  const deadline = new Deadline(clock, (atMs) => fired.push(atMs), true);
  deadline.arm(first);
  deadline.arm(second);
  await clock.advance(100);
  expect(fired).toEqual([second]);
});

test("V2 a cancelled deadline does not fire, and can be armed again", async () => {
  const clock = new VirtualClock();
  const fired: number[] = [];
  const deadline = new Deadline(clock, (atMs) => fired.push(atMs), true);
  deadline.arm(10);
  deadline.cancel();
  await clock.advance(20);
  deadline.arm(30);
  await clock.advance(20);
  expect(fired).toEqual([30]);
});

/** A clock whose first timer comes `lateMs` late, as after a stall of the process. */
function stalled(clock: VirtualClock, lateMs: number): Clock {
  let first = true;
  return {
    now: () => clock.now(),
    at: (atMs, callback) => {
      const delayMs = first ? lateMs : 0;
      first = false;
      return clock.at(atMs + delayMs, callback);
    },
    after: (delayMs, callback) => clock.after(delayMs, callback),
    sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
    working: (work) => clock.working(work),
  };
}

test("V2 after a stall of the process a deadline first looks at what arrived meanwhile", async () => {
  const clock = new VirtualClock();
  const fired: number[] = [];
  new Deadline(stalled(clock, 500), (atMs) => fired.push(atMs), true).arm(10);
  await clock.advance(1000);
  expect(fired).toEqual([530]);
});

test("V2 a deadline that forgives no stall fires as soon as it can", async () => {
  const clock = new VirtualClock();
  const fired: number[] = [];
  new Deadline(stalled(clock, 500), (atMs) => fired.push(atMs), false).arm(10);
  await clock.advance(1000);
  expect(fired).toEqual([510]);
});
