import { expect, test } from "vitest";
import { expectWhile, expectWithin } from "./testing.ts";
import { VirtualClock } from "./virtual-clock.ts";

test("V1 expectWithin accepts what settles at the last instant", async () => {
  const clock = new VirtualClock();
  expect(
    await expectWithin(
      clock,
      50,
      clock.sleep(50).then(() => 7),
    ),
  ).toBe(7);
});

test("V1 expectWithin rejects what settles later, with the clock at the end of the duration", async () => {
  const clock = new VirtualClock();
  await expect(expectWithin(clock, 50, clock.sleep(50.001))).rejects.toMatchObject({ code: "too-late" });
  expect(clock.now()).toBe(50);
});

test("V1 expectWithin passes on why the promise was rejected", async () => {
  const clock = new VirtualClock();
  const failing = clock.sleep(5).then(() => Promise.reject(new RangeError("refused")));
  await expect(expectWithin(clock, 50, failing)).rejects.toThrow("refused");
});

test("V1 expectWhile lets the duration pass while the condition holds", async () => {
  const clock = new VirtualClock();
  let open = true;
  clock.at(51, () => {
    open = false;
  });
  await expectWhile(clock, 50, () => open);
  expect(clock.now()).toBe(50);
});

test("V1 expectWhile names the instant at which the condition no longer held", async () => {
  const clock = new VirtualClock();
  let open = true;
  clock.at(20, () => {
    open = false;
  });
  clock.at(30, () => {
    open = true;
  });
  const outcome = expectWhile(clock, 50, () => open);
  await expect(outcome).rejects.toMatchObject({ code: "not-held" });
  await expect(outcome).rejects.toThrow("held for 20 ms");
});
