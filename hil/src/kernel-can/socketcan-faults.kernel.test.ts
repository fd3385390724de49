import {
  CanError,
  openBus,
  type CanBus,
  type CanFrame,
  type ReceivedFrame,
} from "@halfshaft/vehicle-net/can";
import { realClock } from "@halfshaft/vehicle-net/clock";
import { openSocketCan, type SocketCanBus } from "@halfshaft/vehicle-net/socketcan";
import { afterEach, expect, test } from "vitest";
import { ip, makeVcan, run, type TestInterface, type TestInterfaceOptions } from "./test-interface.ts";

const interfaces: TestInterface[] = [];
const buses: CanBus[] = [];

afterEach(async () => {
  await Promise.all(buses.splice(0).map((bus) => bus.close()));
  for (const vcan of interfaces.splice(0)) vcan.delete();
});

function vcanWith(options: TestInterfaceOptions = {}): TestInterface {
  const vcan = makeVcan(options);
  interfaces.push(vcan);
  return vcan;
}

async function open(vcan: TestInterface, query = ""): Promise<SocketCanBus> {
  const bus = await openSocketCan(`socketcan:${vcan.name}${query}`, realClock);
  buses.push(bus);
  return bus;
}

function next(bus: CanBus, count: number): Promise<ReceivedFrame[]> {
  const { promise, resolve } = Promise.withResolvers<ReceivedFrame[]>();
  const frames: ReceivedFrame[] = [];
  bus.subscribe((frame) => {
    if (frames.push(frame) === count) resolve(frames);
  });
  return promise;
}

const frame = (id: number, ...data: number[]): CanFrame => ({ id, data: Uint8Array.from(data) });

test("V1 SocketCAN runs by the add-on, of which the fallback to npm falls short", async () => {
  expect((await open(vcanWith())).driver).toBe("add-on");
});

test("V1 SocketCAN loses no frame where the queue is full: it waits for room", async () => {
  // The queue of the shaped interface holds ten frames.
  const vcan = vcanWith({ shape: "500k" });
  const [a, b] = [await open(vcan), await open(vcan)];
  const count = 600;
  const received = next(b, count);
  await Promise.all(
    Array.from({ length: count }, (_, index) => a.send(frame(0x123, index >> 8, index & 0xff))),
  );
  const order = (await received).map(({ data }) => (data[0]! << 8) + data[1]!);
  expect(order).toEqual(Array.from({ length: count }, (_, index) => index));
});

test("V1 SocketCAN gives as departure when the frame left, not when the kernel took it", async () => {
  const vcan = vcanWith({ shape: "8k" });
  const [a] = [await open(vcan), await open(vcan)];
  // The kernel takes all twelve at once: four leave, eight wait in its queue, and leave 16 ms apart.
  const departures = await Promise.all(Array.from({ length: 12 }, (_, index) => a.send(frame(0x123, index))));
  expect(departures.at(-1)! - departures[0]!).toBeGreaterThan(4 * 16);
});

test("V1 SocketCAN tells an interface that went down, and goes on when it is up again", async () => {
  const vcan = vcanWith();
  const [a, b] = [await open(vcan), await open(vcan)];
  vcan.down();
  await expect(a.send(frame(1))).rejects.toMatchObject({
    code: "interface-down",
    help: expect.stringContaining("up"),
  });
  vcan.up();
  const received = next(b, 1);
  await a.send(frame(2));
  expect((await received)[0]?.id).toBe(2);
});

test("V1 SocketCAN rejects what waits in the queue of an interface that goes down", async () => {
  const vcan = vcanWith({ shape: "500k" });
  const a = await open(vcan);
  const pending = Promise.allSettled(Array.from({ length: 400 }, () => a.send(frame(1))));
  vcan.down();
  const last = (await pending).at(-1);
  expect(last).toMatchObject({ status: "rejected", reason: { code: "interface-down" } });
});

test("V1 SocketCAN tells an interface that was deleted, and stays closed", async () => {
  const vcan = vcanWith();
  const a = await open(vcan);
  vcan.delete();
  await expect(a.send(frame(1))).rejects.toMatchObject({ code: "interface-deleted" });
  await expect(a.send(frame(1))).rejects.toMatchObject({ code: "interface-deleted" });
});

test.each([
  ["no such interface", "socketcan:nowhere0", "cannot-open"],
  ["an interface that is no CAN", "socketcan:lo", "cannot-open"],
])("V1 SocketCAN names %s when it opens it", async (_, url, code) => {
  const refused = openBus(url, { clock: realClock });
  await expect(refused).rejects.toThrow(CanError);
  await expect(refused).rejects.toMatchObject({ code });
});

test("V1 SocketCAN says that an interface is down when it opens it", async () => {
  const vcan = vcanWith();
  vcan.down();
  await expect(open(vcan)).rejects.toMatchObject({ code: "interface-down" });
});

test("V1 SocketCAN receives only what its filters let in, and still sees its own frames leave", async () => {
  const vcan = vcanWith();
  const [a, b] = [await open(vcan, "?filter=7E8,18DA0000:1FFF0000"), await open(vcan)];
  const received = next(a, 2);
  await b.send(frame(0x7e0));
  await b.send({ ...frame(0x7e8), extended: true });
  await b.send(frame(0x7e8));
  await b.send({ ...frame(0x18da_10f1), extended: true });
  await a.send(frame(0x7e0, 1));
  expect((await received).map(({ id }) => id)).toEqual([0x7e8, 0x18da_10f1]);
});

test("V1 SocketCAN carries BRS and ESI of FD frames", async () => {
  const vcan = vcanWith({ fd: true });
  const [a, b] = [await open(vcan), await open(vcan)];
  const received = next(b, 3);
  const fd = { ...frame(1, 1, 2), fd: true };
  for (const flags of [{}, { brs: true }, { brs: true, esi: true }]) await a.send({ ...fd, ...flags });
  expect((await received).map(({ fd, brs, esi }) => [fd, brs, esi])).toEqual([
    [true, false, false],
    [true, true, false],
    [true, true, true],
  ]);
});

test("V1 SocketCAN reports bus-off, rejects while it lasts, and recovers with the controller", async () => {
  const vcan = vcanWith();
  const a = await open(vcan);
  const reports: string[] = [];
  const heard = Promise.withResolvers<void>();
  a.subscribeErrors(({ kind }) => {
    if (reports.push(kind) === 2) heard.resolve();
  });
  // An error frame as a driver would deliver it: CAN_ERR_FLAG | CAN_ERR_BUSOFF, later CAN_ERR_RESTARTED.
  run("cansend", [vcan.name, "20000040#0000000000000000"]);
  await expect.poll(() => reports).toEqual(["bus-off"]);
  await expect(a.send(frame(1))).rejects.toMatchObject({ code: "bus-off" });
  run("cansend", [vcan.name, "20000100#0000000000000000"]);
  await heard.promise;
  await a.send(frame(1));
});

const controllers = ["can0", "can1"];
const haveControllers = (() => {
  try {
    for (const name of controllers) ip("link", "show", "dev", name);
    return true;
  } catch {
    return false;
  }
})();

test.skipIf(!haveControllers)(
  "B2 SocketCAN drives two SJA1000 controllers on one bus and knows their bit rate (skipped where there are none)",
  async () => {
    for (const name of controllers) {
      ip("link", "set", name, "down");
      ip("link", "set", name, "up", "type", "can", "bitrate", "500000");
    }
    const [a, b] = await Promise.all(
      controllers.map(async (name) => openSocketCan(`socketcan:${name}`, realClock)),
    );
    buses.push(a!, b!);
    expect(a!.capabilities).toMatchObject({ fd: false, bitrate: 500_000 });
    const received = [next(b!, 200), next(a!, 200)];
    const send = (bus: CanBus, id: number) =>
      Promise.all(Array.from({ length: 200 }, (_, index) => bus.send(frame(id, index))));
    await Promise.all([send(a!, 0x7e0), send(b!, 0x7e8)]);
    for (const frames of await Promise.all(received)) {
      expect(frames.map(({ data }) => data[0])).toEqual(Array.from({ length: 200 }, (_, index) => index));
    }
  },
);
