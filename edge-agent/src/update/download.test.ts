import { createHash } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import type { FetchFunction } from "../http/http.ts";
import { statement, testEcuPlan, testOffer, testPlan } from "../journal/testing.ts";
import { download } from "./download.ts";
import type { EcuPlan } from "./plan-types.ts";
import { type TestWorld, type TestWorldOptions, testWorld } from "./testing.ts";
import { verify } from "./verify.ts";

const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7) & 0xff);
const sha256 = createHash("sha256").update(bytes).digest("hex");
const sha512 = createHash("sha512").update(bytes).digest("hex");
const ecu: EcuPlan = testEcuPlan("E1", {
  image: { path: "images/HW-1_2.0.0.bin", length: bytes.length, hashes: { sha256, sha512 } },
});
const job = { offer: testOffer(), plan: testPlan(ecu) };

let world: TestWorld;
afterEach(() => world.powerOff());

/** A server of one file that notes what it was asked; `answer` may change what it gives. */
function server(answer: (offset: number, request: number) => Response): {
  fetch: FetchFunction;
  asked: string[];
} {
  const asked: string[] = [];
  const fetch: FetchFunction = async (url, { headers }) => {
    asked.push(`${url.slice(url.lastIndexOf("/") + 1)} ${headers["range"] ?? "all"}`);
    const offset = Number(/bytes=(\d+)-/.exec(headers["range"] ?? "")?.[1] ?? 0);
    return answer(offset, asked.length);
  };
  return { fetch, asked };
}

const whole = (offset: number): Response =>
  new Response(bytes.subarray(offset), {
    status: offset > 0 ? 206 : 200,
    headers: { "content-length": String(bytes.length - offset) },
  });

/** Gives `length` bytes and breaks off. */
function broken(offset: number, length: number): Response {
  const parts = [bytes.slice(offset, offset + length)];
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const part = parts.shift();
      if (part === undefined) controller.error(new RangeError("connection reset"));
      else controller.enqueue(part);
    },
  });
  return new Response(body, { status: offset > 0 ? 206 : 200 });
}

async function start(fetch: FetchFunction, options: TestWorldOptions = {}): Promise<void> {
  world = await testWorld({ fetch, ...options });
  await world.journal.append(statement("plan done", { plan: job.plan }));
}

const run = (): Promise<void> => world.clock.run(download(job, world, world.signal));
const digests = () => world.journal.facts.findLast((fact) => fact.payload?.digests)?.payload?.digests;

test("E4 a file is fetched under its digest's name, and hashed while it streams", async () => {
  const { fetch, asked } = server(whole);
  await start(fetch);
  await run();
  expect(asked).toEqual([`${sha256}.HW-1_2.0.0.bin all`]);
  expect(digests()).toEqual({ sha256, sha512 });
});

test("E4 a connection that is lost is taken up again by Range, until all is there", async () => {
  const { fetch, asked } = server((offset, request) => (request < 4 ? broken(offset, 1000) : whole(offset)));
  await start(fetch);
  await run();
  expect(asked.map((line) => line.split(" ")[1])).toEqual([
    "all",
    "bytes=1000-",
    "bytes=2000-",
    "bytes=3000-",
  ]);
  expect(digests()).toEqual({ sha256, sha512 });
});

test("E2 a download goes on after a power cut with what is on disk", async () => {
  const first = server((offset) => broken(offset, 2000));
  await start(first.fetch);
  const cut = world;
  const interrupted = download(job, cut, cut.signal).catch(() => undefined);
  await cut.clock.advance(10);
  cut.powerOff();
  await cut.clock.run(interrupted);
  const second = server(whole);
  world = await testWorld({ fetch: second.fetch, after: cut });
  await run();
  expect(second.asked[0]).toMatch(/bytes=2000-$/);
  expect(digests()).toEqual({ sha256, sha512 });
});

test("E2 what a power cut left torn is fetched anew instead of being called tampered", async () => {
  const { fetch, asked } = server(whole);
  await start(fetch);
  const partial = await world.staging.partial(sha256);
  await partial.append(new Uint8Array(3000));
  await partial.close();
  await run();
  expect(asked.map((line) => line.split(" ")[1])).toEqual(["bytes=3000-", "all"]);
  expect(digests()).toEqual({ sha256, sha512 });
});

test("E4 a server that ignores Range is begun anew with", async () => {
  const { fetch } = server((offset, request) => (request === 1 ? broken(offset, 1000) : whole(0)));
  await start(fetch);
  await run();
  expect(digests()).toEqual({ sha256, sha512 });
});

test("T2 a file longer than signed is given up and refused", async () => {
  const { fetch } = server(() => new Response(new Uint8Array(bytes.length + 1)));
  await start(fetch);
  await expect(run()).rejects.toMatchObject({ record: { code: "DOWNLOAD_TOO_LARGE" } });
});

test("T2 a file shorter than signed ends the download and fails to verify", async () => {
  const short = (): Response =>
    new Response(bytes.subarray(0, 100), { headers: { "content-length": "100" } });
  await start(server(short).fetch);
  await run();
  const verifying = world.clock.run(verify(job, world, world.signal));
  await expect(verifying).rejects.toMatchObject({ record: { code: "VERIFY_DESCRIPTOR_INVALID" } });
});

test("E4 a file that the cloud does not have fails at once, with how far it was", async () => {
  await start(server(() => new Response("", { status: 404 })).fetch);
  const fails = run();
  await expect(fails).rejects.toMatchObject({
    record: { code: "DOWNLOAD_INTERRUPTED", operands: { received: 0, length: 5000 } },
  });
}, 30_000);

test("E4 the download waits for a lost connection and says that it is paused", async () => {
  let isBack = false;
  const { fetch } = server((offset) => {
    if (!isBack) throw new TypeError("no route to host");
    return whole(offset);
  });
  await start(fetch);
  const downloading = download(job, world, world.signal);
  await world.clock.advance(60_000);
  expect(world.told.findLast(({ kind }) => kind === "paused")).toEqual({ kind: "paused", paused: true });
  isBack = true;
  world.nudge.wake();
  await world.clock.run(downloading, { capMs: 1 });
  expect(world.told.findLast(({ kind }) => kind === "paused")).toEqual({ kind: "paused", paused: false });
});

test("E4 a limit of the rate is kept", async () => {
  await start(server((offset) => chunked(offset)).fetch, { downloadBytesPerSecond: 1000 });
  const begun = world.clock.now();
  await run();
  expect(world.clock.now() - begun).toBeCloseTo(5000, -2);
});

/** The whole file in ten pieces. */
function chunked(offset: number): Response {
  const parts = Array.from({ length: 10 }, (_, i) => bytes.slice(offset + i * 500, offset + (i + 1) * 500));
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const part = parts.shift();
      if (part === undefined) controller.close();
      else controller.enqueue(part);
    },
  });
  return new Response(body, { headers: { "content-length": String(bytes.length) } });
}

test("E4 a file that is in the gateway already is not asked for", async () => {
  const { fetch, asked } = server(whole);
  await start(fetch);
  const partial = await world.staging.partial(sha256);
  await partial.append(bytes);
  await partial.close();
  await world.staging.publish(sha256);
  await run();
  expect(asked).toEqual([]);
});
