import { afterEach, describe, expect, test, vi } from "vitest";
import { realClock } from "../../clock/real-clock.ts";
import { openBus } from "../drivers.ts";
import { VirtualBus } from "../virtual-bus.ts";
import { hasSocat } from "./pseudo-terminal.ts";
import { openSerialPort } from "./serial-port.ts";
import { startSimulatedSlcan } from "./simulated-port.ts";

afterEach(() => vi.doUnmock("serialport"));

test("V1 a port that is not there is named, with those that are", async () => {
  await expect(openSerialPort("/dev/ttyNONE", 115_200)).rejects.toMatchObject({
    code: "cannot-open",
    message: expect.stringContaining("/dev/ttyNONE"),
    help: expect.stringMatching(/USB/u),
  });
});

test("V1 without the package serialport a sentence says how to get it", async () => {
  vi.doMock("serialport", () => Promise.reject(new TypeError("Cannot find package 'serialport'")));
  await expect(openSerialPort("/dev/ttyACM0", 115_200)).rejects.toMatchObject({
    code: "cannot-open",
    help: expect.stringContaining("npm install serialport"),
  });
});

describe.skipIf(!hasSocat())("V1 over a pseudo-terminal (skipped without socat)", () => {
  test("V1 an adapter that is unplugged and plugged in again goes on under the same bus", async () => {
    const virtual = new VirtualBus({ clock: realClock, bitrate: 500_000 });
    const other = virtual.attach("other");
    const simulated = await startSimulatedSlcan({ bus: virtual, name: "adapter", dialect: "canable2" });
    const isBack = Promise.withResolvers<void>();
    const bus = await openBus(`slcan:${simulated.path}?bitrate=500k`, {
      clock: realClock,
      onNotice: (sentence) => sentence.endsWith("is back.") && isBack.resolve(),
    });
    const frame = { id: 0x7e0, data: new Uint8Array(8) };
    const pending = Promise.allSettled(Array.from({ length: 200 }, () => bus.send(frame)));
    await simulated.unplug();
    expect((await pending).at(-1)).toMatchObject({ reason: { code: "lost-connection" } });
    await simulated.plug();
    await isBack.promise;
    const heard = Promise.withResolvers<number>();
    other.subscribe(({ id }) => heard.resolve(id));
    await bus.send({ id: 0x123, data: new Uint8Array(1) });
    expect(await heard.promise).toBe(0x123);
    await bus.close();
    await simulated.close();
    await virtual.close();
  });

  test("V1 a port that another program holds says so", async () => {
    const virtual = new VirtualBus({ clock: realClock, bitrate: 500_000 });
    const simulated = await startSimulatedSlcan({ bus: virtual, name: "adapter", dialect: "canable1" });
    const first = await openSerialPort(simulated.path, 115_200);
    await expect(openSerialPort(simulated.path, 115_200)).rejects.toMatchObject({
      code: "cannot-open",
      help: expect.stringContaining("Another program"),
    });
    await first.close();
    await simulated.close();
    await virtual.close();
  });
});
