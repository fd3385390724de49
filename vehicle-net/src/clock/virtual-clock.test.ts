import fc from "fast-check";
import { expect, test } from "vitest";
import { ClockError } from "./clock-error.ts";
import { VirtualClock } from "./virtual-clock.ts";

test("V1 timers fire in the order of their times, those of one instant in the order of their creation", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 200 }), async (times) => {
      const clock = new VirtualClock();
      const fired: { atMs: number; order: number }[] = [];
      times.forEach((atMs, order) => clock.at(atMs, () => fired.push({ atMs: clock.now(), order })));
      await clock.advance(9);
      const expected = times.map((atMs, order) => ({ atMs, order })).sort((a, b) => a.atMs - b.atMs);
      expect(fired).toEqual(expected);
    }),
    { numRuns: 20 },
  );
});

test("V1 cancelled timers do not fire, however many there were", async () => {
  const clock = new VirtualClock();
  const fired: number[] = [];
  const timers = Array.from({ length: 500 }, (_, ms) => clock.at(500 - ms, () => fired.push(500 - ms)));
  timers.forEach((timer, ms) => {
    if ((500 - ms) % 100 !== 0) timer.cancel();
  });
  timers[0]?.cancel();
  await clock.advance(1000);
  expect(fired).toEqual([100, 200, 300, 400]);
});

test("V1 promises set in motion by a timer are finished before the next timer of the same instant fires", async () => {
  const clock = new VirtualClock();
  const order: string[] = [];
  clock.at(5, () => {
    void (async () => {
      for (let hop = 0; hop < 50; hop += 1) await Promise.resolve();
      order.push("first, fifty promises later");
    })();
  });
  clock.at(5, () => order.push("second"));
  await clock.advance(5);
  expect(order).toEqual(["first, fifty promises later", "second"]);
});

test("V1 a timer armed in the past fires now, and time never runs backwards", async () => {
  const clock = new VirtualClock(100);
  const times: number[] = [];
  clock.at(30, () => times.push(clock.now()));
  await clock.advance(0);
  expect(times).toEqual([100]);
});

test("V1 time does not advance while marked work is pending", async () => {
  const clock = new VirtualClock();
  const { promise: disk, resolve } = Promise.withResolvers<string>();
  const seen: string[] = [];
  const job = clock.working(disk).then((text) => seen.push(`${text} at ${clock.now()}`));
  clock.at(10, () => seen.push("timer"));
  setTimeout(() => resolve("read"), 5);
  await clock.advance(10);
  await job;
  expect(seen).toEqual(["read at 0", "timer"]);
});

test("V1 work that fails reaches its owner and frees the clock", async () => {
  const clock = new VirtualClock();
  const failing = clock.working(Promise.reject(new RangeError("disk full")));
  await expect(failing).rejects.toThrow("disk full");
  await clock.advance(1);
  expect(clock.now()).toBe(1);
});

test("V1 run returns the value and leaves the clock at the instant of it", async () => {
  const clock = new VirtualClock();
  const value = clock
    .sleep(2500)
    .then(() => clock.sleep(0.25))
    .then(() => "done");
  clock.after(9000, () => expect.unreachable());
  expect(await clock.run(value)).toBe("done");
  expect(clock.now()).toBe(2500.25);
});

test("V1 run says that nothing is left to do instead of hanging", async () => {
  const clock = new VirtualClock();
  await clock.advance(12);
  const never = new Promise(() => undefined);
  await expect(clock.run(never)).rejects.toMatchObject({
    code: "idle",
    message: expect.stringContaining("at 12 ms"),
  });
});

test("V1 run gives up after its cap and says what was still armed", async () => {
  const clock = new VirtualClock();
  const tick = (): void => void clock.after(10, tick);
  tick();
  const outcome = clock.run(new Promise(() => undefined), { capMs: 95 });
  await expect(outcome).rejects.toThrow(ClockError);
  await expect(outcome).rejects.toThrow("1 timer(s) are armed, the next for 100 ms");
});

test("V1 run throws what the promise was rejected with", async () => {
  const clock = new VirtualClock();
  const failing = clock.sleep(5).then(() => Promise.reject(new RangeError("too far")));
  await expect(clock.run(failing)).rejects.toThrow(RangeError);
});

test("V1 two that advance the same clock share its steps", async () => {
  const clock = new VirtualClock();
  const [a, b] = await Promise.all([
    clock.run(clock.sleep(30).then(() => clock.now())),
    clock.run(clock.sleep(20).then(() => clock.now())),
  ]);
  expect([a, b]).toEqual([30, 20]);
});

test("V1 an aborted sleep rejects with the signal's reason and leaves no timer", async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const sleeping = clock.sleep(1000, controller.signal);
  clock.after(10, () => controller.abort(new RangeError("enough")));
  await expect(clock.run(sleeping)).rejects.toThrow("enough");
  expect(clock.now()).toBe(10);
  await expect(clock.run(new Promise(() => undefined))).rejects.toMatchObject({ code: "idle" });
  await expect(clock.sleep(1, controller.signal)).rejects.toThrow("enough");
});
