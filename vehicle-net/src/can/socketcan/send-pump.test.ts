import { beforeEach, expect, test } from "vitest";
import { VirtualClock } from "../../clock/virtual-clock.ts";
import { EAGAIN, EINVAL, ENETDOWN, ENOBUFS } from "./native.ts";
import { SendPump } from "./send-pump.ts";
import { interfaceDown } from "./socketcan-error.ts";

/** A kernel whose queue holds `room` frames, or which refuses with an errno. */
class TestKernel {
  readonly queue: Uint8Array[] = [];
  room = 4;
  errno = ENOBUFS;
  calls = 0;
  writableAwaited = 0;

  send(records: readonly Uint8Array[]): number {
    this.calls += 1;
    const taken = records.slice(0, this.room - this.queue.length);
    this.queue.push(...taken.map((record) => record.slice()));
    return taken.length === 0 ? -this.errno : taken.length;
  }

  awaitWritable(): void {
    this.writableAwaited += 1;
  }
}

let clock: VirtualClock;
let kernel: TestKernel;
let failures: number[];
let pump: SendPump;

beforeEach(() => {
  clock = new VirtualClock();
  kernel = new TestKernel();
  failures = [];
  pump = new SendPump("can0", clock, kernel, (errno) => failures.push(errno));
});

/** A classic frame with identifier `id` and no data. */
function record(id: number): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes[0] = id;
  return bytes;
}

/** The oldest frame leaves the kernel's queue. */
function leave(): void {
  pump.echoed(kernel.queue.shift()!, clock.now(), () => undefined);
  pump.resume();
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const outcomes = (sends: Promise<number>[]): Promise<string[]> =>
  Promise.all(
    sends.map((send) =>
      send.then(
        () => "left",
        (error: { code: string }) => error.code,
      ),
    ),
  );

test("V1 SocketCAN hands frames of one turn to the kernel in one call", async () => {
  const sends = [1, 2, 3].map((id) => pump.push(record(id)));
  await turn();
  expect(kernel.calls).toBe(1);
  for (let count = 0; count < 3; count += 1) leave();
  expect(await outcomes(sends)).toEqual(["left", "left", "left"]);
});

test("V1 SocketCAN keeps what a full queue refuses and hands it over in order as frames leave", async () => {
  const sends = Array.from({ length: 20 }, (_, id) => pump.push(record(id)));
  await turn();
  const left: number[] = [];
  while (kernel.queue.length > 0) {
    left.push(kernel.queue[0]![0]!);
    leave();
  }
  expect(left).toEqual(Array.from({ length: 20 }, (_, id) => id));
  expect(new Set(await outcomes(sends))).toEqual(new Set(["left"]));
});

test("V1 SocketCAN tries a queue again that others have filled", async () => {
  kernel.room = 0;
  const sends = [pump.push(record(1))];
  await turn();
  kernel.room = 1;
  await clock.advance(2);
  leave();
  expect(await outcomes(sends)).toEqual(["left"]);
});

test("V1 SocketCAN waits for room in the socket's own buffer", async () => {
  kernel.room = 0;
  kernel.errno = EAGAIN;
  void pump.push(record(1)).catch(() => undefined);
  await turn();
  expect(kernel.writableAwaited).toBe(1);
});

test("V1 SocketCAN refuses one frame that the interface cannot carry and sends the next", async () => {
  kernel.room = 0;
  kernel.errno = EINVAL;
  expect(await outcomes([pump.push(record(1))])).toEqual(["frame-not-supported"]);
  kernel.room = 4;
  const sends = [pump.push(record(2))];
  await turn();
  leave();
  expect(await outcomes(sends)).toEqual(["left"]);
});

test("V1 SocketCAN tells the bus an errno that is about the interface", async () => {
  kernel.room = 0;
  kernel.errno = ENETDOWN;
  void pump.push(record(1)).catch(() => undefined);
  await turn();
  expect(failures).toEqual([ENETDOWN]);
});

test("B3 SocketCAN says that nobody acknowledges where no frame leaves for a second", async () => {
  const ends = outcomes(Array.from({ length: 6 }, (_, id) => pump.push(record(id))));
  await turn();
  await clock.advance(1000);
  expect(new Set(await ends)).toEqual(new Set(["no-acknowledge"]));
});

test("V1 SocketCAN waits longer than a second as long as frames leave", async () => {
  const sends = Array.from({ length: 4 }, (_, id) => pump.push(record(id)));
  await turn();
  for (let count = 0; count < 4; count += 1) {
    await clock.advance(900);
    leave();
  }
  expect(new Set(await outcomes(sends))).toEqual(new Set(["left"]));
});

test("V1 SocketCAN matches the late echo of a frame that it gave up", async () => {
  const given = outcomes([pump.push(record(1))]);
  await turn();
  await clock.advance(1000);
  expect(await given).toEqual(["no-acknowledge"]);
  const later = [pump.push(record(2))];
  await turn();
  leave();
  leave();
  expect(await outcomes(later)).toEqual(["left"]);
});

test("V1 SocketCAN rejects a frame that the kernel dropped before a later one left", async () => {
  const ends = outcomes([1, 2].map((id) => pump.push(record(id))));
  await turn();
  pump.echoed(kernel.queue[1]!, clock.now(), () => interfaceDown("can0"));
  expect(await ends).toEqual(["interface-down", "left"]);
});
