import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import { expect, test } from "vitest";
import { type FetchFunction, Http } from "./http.ts";
import type { HttpErrorKind } from "./http-error.ts";

const url = "http://cloud.test/file";
const limits = { answerTimeoutMs: 1000, windowMs: 1000, minBytesPerWindow: 100 };

function http(fetch: FetchFunction) {
  const clock = new VirtualClock();
  return { clock, http: new Http({ fetch, token: "secret", clock, limits }) };
}

const kindOf = (work: Promise<unknown>): Promise<HttpErrorKind | "fulfilled"> =>
  work.then(
    () => "fulfilled" as const,
    (error: { kind: HttpErrorKind }) => error.kind,
  );

test("E4 the device token goes with every request, and no redirect is followed", async () => {
  const seen: unknown[] = [];
  const { http: client } = http(async (_url, { headers, redirect }) => {
    seen.push([headers["authorization"], redirect]);
    return new Response("ok");
  });
  await client.request({ url });
  expect(seen).toEqual([["Bearer secret", "manual"]]);
});

test("E4 a redirect is an error", async () => {
  const { http: client } = http(async () => Response.redirect("http://evil.test/", 307));
  expect(await kindOf(client.request({ url }))).toBe("redirected");
});

test("E4 a body longer than allowed is given up before it is held", async () => {
  const { http: client } = http(async () => new Response("12345"));
  const answer = await client.request({ url });
  expect(await kindOf(answer.bytes(4))).toBe("too-large");
});

test("E4 a body of exactly the allowed length is fine", async () => {
  const { http: client } = http(async () => new Response("1234"));
  const answer = await client.request({ url });
  expect(new TextDecoder().decode(await answer.bytes(4))).toBe("1234");
});

test("E4 a stream that breaks off is told as interrupted", async () => {
  const broken = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new RangeError("reset")),
  });
  const { http: client } = http(async () => new Response(broken));
  const answer = await client.request({ url });
  await expect(answer.bytes(10)).rejects.toMatchObject({ kind: "interrupted", message: "reset" });
});

/** Ends like a real fetch when its signal aborts; the clock stands still while it hangs, so the test moves it. */
function hanging(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error));
  });
}

test("T2 a cloud that does not answer in time is unreachable", async () => {
  const timers: (() => void)[] = [];
  const clock = new VirtualClock();
  const watched = Object.assign(Object.create(clock) as VirtualClock, {
    after: (_delayMs: number, callback: () => void) => {
      timers.push(callback);
      return { cancel: () => {} };
    },
    working: <T>(work: Promise<T>) => work,
  });
  const fetch: FetchFunction = (_url, { signal }) => hanging(signal);
  const asked = kindOf(new Http({ fetch, token: "t", clock: watched, limits }).request({ url }));
  for (const fire of timers) fire();
  expect(await asked).toBe("unreachable");
});

test("E2 a request that is aborted rejects with the signal's reason, not with an error of HTTP", async () => {
  const power = new AbortController();
  const { http: client } = http((_url, { signal }) => hanging(signal));
  const asked = client.request({ url, signal: power.signal });
  power.abort(new DOMException("off", "AbortError"));
  await expect(asked).rejects.toThrow("off");
});

const statuses: readonly (readonly [number, boolean, boolean])[] = [
  [401, false, true],
  [403, false, true],
  [404, false, false],
  [429, true, false],
  [500, true, false],
  [503, true, false],
];

test.each(statuses)(
  "E4 status %i: passing %s, unauthorised %s",
  async (status, isPassing, isUnauthorised) => {
    const { http: client } = http(async () => new Response("", { status }));
    await expect(client.requestOk({ url })).rejects.toMatchObject({
      kind: "status",
      status,
      isPassing,
      isUnauthorised,
    });
  },
);
