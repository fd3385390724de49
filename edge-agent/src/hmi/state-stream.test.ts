import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { GatewayState } from "../gateway-state.ts";
import { FakeGateway } from "./fake-gateway.ts";
import { fixtures } from "./fixtures.ts";
import { stateStream, type StreamMessage } from "./state-stream.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const at = (fraction: number): GatewayState => ({
  ...fixtures.progress,
  job: { ...fixtures.progress.job, fraction },
});

/** Reads the stream in the background; `seen` holds each message as "alive" or the state's fraction. */
function follow(gateway: FakeGateway) {
  const seen: (string | number)[] = [];
  const end = new AbortController();
  const word = (message: StreamMessage) =>
    message.event === "alive" ? "alive" : (message.data.job?.fraction ?? "no job");
  const done = (async () => {
    for await (const message of stateStream(gateway, end.signal)) seen.push(word(message));
  })();
  return { seen, end: () => end.abort(), done };
}

test("E11 the whole state comes at once", async () => {
  const { seen } = follow(new FakeGateway(at(0.1)));
  await vi.advanceTimersByTimeAsync(0);
  expect(seen).toEqual([0.1]);
});

test("E11 a burst of changes becomes one state, the newest", async () => {
  const gateway = new FakeGateway(at(0));
  const { seen } = follow(gateway);
  await vi.advanceTimersByTimeAsync(0);
  for (let percent = 1; percent <= 50; percent += 1) gateway.publish(at(percent / 100));
  await vi.advanceTimersByTimeAsync(100);
  expect(seen).toEqual([0, 0.5]);
});

test("E11 a second of changes every millisecond gives at most ten states more, the last one in the end", async () => {
  const gateway = new FakeGateway(at(0));
  const { seen } = follow(gateway);
  for (let ms = 1; ms <= 1000; ms += 1) {
    gateway.publish(at(ms / 1000));
    await vi.advanceTimersByTimeAsync(1);
  }
  expect(seen.length).toBeLessThanOrEqual(11);
  await vi.advanceTimersByTimeAsync(100);
  expect(seen.at(-1)).toBe(1);
});

test("E11 a change after a quiet time comes without delay", async () => {
  const gateway = new FakeGateway(at(0));
  const { seen } = follow(gateway);
  await vi.advanceTimersByTimeAsync(3_000);
  gateway.publish(at(0.2));
  await vi.advanceTimersByTimeAsync(0);
  expect(seen).toEqual([0, 0.2]);
});

test("E11 without a change there is a sign of life every five seconds", async () => {
  const { seen } = follow(new FakeGateway(at(0)));
  await vi.advanceTimersByTimeAsync(100 + 3 * 5_000);
  expect(seen).toEqual([0, "alive", "alive", "alive"]);
});

test("E11 the end of the stream leaves neither a subscription nor a timer", async () => {
  const gateway = new FakeGateway(at(0));
  const { end, done } = follow(gateway);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(gateway.listenerCount).toBe(1);
  end();
  await done;
  expect(gateway.listenerCount).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});
