import type { ReceivedFrame } from "@halfshaft/vehicle-net/can";
import { realClock } from "@halfshaft/vehicle-net/clock";
import { openNpmSocketCan, readInterface, type SocketCanBus } from "@halfshaft/vehicle-net/socketcan";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeVcan, type TestInterface } from "./test-interface.ts";

let vcan: TestInterface;
let a: SocketCanBus;
let b: SocketCanBus;

beforeEach(async () => {
  vcan = makeVcan({ fd: true });
  const facts = await readInterface(vcan.name);
  a = await openNpmSocketCan(facts, [], realClock);
  b = await openNpmSocketCan(facts, [], realClock);
});
afterEach(async () => {
  await a.close();
  await b.close();
  vcan.delete();
});

test("V1 the fallback to the npm package carries classic and FD frames in order", async () => {
  const { promise, resolve } = Promise.withResolvers<ReceivedFrame[]>();
  const frames: ReceivedFrame[] = [];
  b.subscribe((frame) => {
    if (frames.push(frame) === 3) resolve(frames);
  });
  await a.send({ id: 0x7e0, data: Uint8Array.of(1) });
  await a.send({ id: 0x18da_10f1, extended: true, data: Uint8Array.of(2, 3) });
  await a.send({ id: 0x7e0, fd: true, data: new Uint8Array(64).fill(4) });
  expect(await promise).toMatchObject([
    { id: 0x7e0, extended: false, data: Uint8Array.of(1) },
    { id: 0x18da_10f1, extended: true, data: Uint8Array.of(2, 3) },
    { id: 0x7e0, fd: true, data: new Uint8Array(64).fill(4) },
  ]);
});

test("V1 the fallback to the npm package closes twice without complaint, and sends no more", async () => {
  await a.close();
  await a.close();
  await expect(a.send({ id: 1, data: Uint8Array.of(1) })).rejects.toMatchObject({ code: "closed" });
});
