import { expect, test } from "vitest";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { SlcanAdapter } from "./slcan-adapter.ts";
import { VirtualBus, type VirtualBusOptions } from "./virtual-bus.ts";

function rig(options: Partial<VirtualBusOptions> = {}) {
  const clock = new VirtualClock();
  const bus = new VirtualBus({ clock, bitrate: 500_000, ...options });
  let said = "";
  const notices: string[] = [];
  const adapter = new SlcanAdapter({
    bus,
    name: "host",
    write: (text) => {
      said += text;
    },
    onNotice: (sentence) => notices.push(sentence),
  });
  const say = (text: string): void => adapter.push(new TextEncoder().encode(text));
  const heard = (): string => {
    const text = said;
    said = "";
    return text;
  };
  return { clock, bus, adapter, say, heard, notices };
}

test("V1 answers what python-can asks on opening: C, S6, O and O again", () => {
  const { say, heard } = rig();
  say("C\rS6\rO\rO\r");
  expect(heard()).toBe("\r\r\r\r");
});

test("V1 answers version, serial number and flags in the widths that hosts parse", () => {
  const { say, heard } = rig();
  say("V\rN\rF\r");
  expect(heard()).toBe("V1013\rNHUB1\rF00\r");
});

test("V1 names its bit rates where a hub's own driver asks", () => {
  const classic = rig();
  classic.say("v\r");
  expect(classic.heard()).toBe("vhalfshaft-hub bitrate=500000\r");
  const fd = rig({ dataBitrate: 2_000_000 });
  fd.say("v\r");
  expect(fd.heard()).toBe("vhalfshaft-hub bitrate=500000 dataBitrate=2000000\r");
});

test("V1 answers a frame when it has left the bus, z for 11 and Z for 29 bits", async () => {
  const { clock, bus, say, heard } = rig();
  bus.attach("other");
  say("O\rt0442AABB\rT18DA00F11CC\r");
  expect(heard()).toBe("\r");
  await clock.advance(10);
  expect(heard()).toBe("z\rZ\r");
});

test("V1 hands on what the others send, FD in the letters of the CANable 2", async () => {
  const { clock, bus, say, heard } = rig({ dataBitrate: 2_000_000 });
  const other = bus.attach("other");
  say("Y2\rO\r");
  heard();
  await clock.run(other.send({ id: 0x7e8, data: Uint8Array.of(0x02, 0x7e, 0x00) }));
  await clock.run(other.send({ id: 0x44, fd: true, brs: true, data: new Uint8Array(12).fill(0x5a) }));
  await clock.run(other.send({ id: 0x44, extended: true, fd: true, data: Uint8Array.of(1) }));
  expect(heard()).toBe(`t7E83027E00\rb0449${"5A".repeat(12)}\rD00000044101\r`);
});

test("V1 stamps with the milliseconds of the minute after Z1, and no longer after Z0", async () => {
  const { clock, bus, say, heard } = rig();
  const other = bus.attach("other");
  say("Z1\rO\r");
  heard();
  await clock.advance(60_000 + 0x1234);
  await clock.run(other.send({ id: 1, data: new Uint8Array(0) }));
  say("Z0\r");
  await clock.run(other.send({ id: 1, data: new Uint8Array(0) }));
  expect(heard()).toBe("t00101234\r\rt0010\r");
});

test("V1 hears and sends nothing before O and after C", async () => {
  const { clock, bus, say, heard, notices } = rig();
  const [other] = [bus.attach("other"), bus.attach("third")];
  await clock.run(other.send({ id: 1, data: new Uint8Array(0) }));
  say("t0010\rO\rC\rt0010\r");
  await clock.run(other.send({ id: 1, data: new Uint8Array(0) }));
  expect(heard()).toBe("\u0007\r\r\u0007");
  expect(notices).toEqual(Array.from({ length: 2 }, () => "The host sends before it has opened the bus."));
});

test("V1 frames still queued at C are neither sent nor answered", async () => {
  const { clock, bus, say, heard } = rig();
  bus.attach("other");
  say("O\rt0010\rt0020\r");
  await clock.advance(0.02);
  say("C\r");
  await clock.advance(10);
  expect(heard()).toBe("\r\r");
  expect(bus.statistics().frames).toBe(0);
});

test("V1 a host that asks for another bit rate is refused until it asks for the right one", () => {
  const { say, heard, notices } = rig();
  say("S5\rO\r");
  expect(heard()).toBe("\u0007\u0007");
  expect(notices).toContain("The host asks for 250000 bit/s, this bus runs at 500000 bit/s.");
  say("S6\rO\r");
  expect(heard()).toBe("\r\r");
});

test("V1 a data bit rate is refused on a classic bus", () => {
  const { say, heard, notices } = rig();
  say("Y2\r");
  expect(heard()).toBe("\u0007");
  expect(notices).toEqual(["The host asks for 2000000 bit/s, this bus is classic CAN without a data phase."]);
});

test("V1 a bit rate is refused while the bus is open", () => {
  const { say, heard } = rig();
  say("O\rS6\r");
  expect(heard()).toBe("\r\u0007");
});

test("V1 after L it only listens: frames arrive, none is sent", async () => {
  const { clock, bus, say, heard } = rig();
  const [other] = [bus.attach("other"), bus.attach("third")];
  say("L\rt0010\r");
  await clock.run(other.send({ id: 5, data: Uint8Array.of(9) }));
  expect(heard()).toBe("\r\u0007t005109\r");
});

test("V1 an FD frame on a classic bus is refused", () => {
  const { say, heard } = rig();
  say("O\rd0010\r");
  expect(heard()).toBe("\r\u0007");
});

test("V1 damaged lines are refused one by one and the rest goes on", () => {
  const { say, heard, notices } = rig();
  say("t12\rnonsense\r\r\rV\r");
  expect(heard()).toBe("\u0007\u0007V1013\r");
  expect(notices[1]).toBe('SLCAN line "nonsense": no such command.');
});

test("V1 says why a frame did not leave: nobody acknowledged it", async () => {
  const { clock, say, heard } = rig({ acknowledgeTimeoutMs: 10 });
  say("O\rt0010\r");
  await clock.advance(20);
  expect(heard()).toBe("\re1a\r\u0007");
});

test("V1 says why a frame did not leave: bus-off, until C and O bring the node back", async () => {
  const { clock, bus, say, heard } = rig({ faults: () => "corrupt" });
  bus.attach("other");
  say("O\rt0010\r");
  await clock.advance(50);
  say("t0010\rF\r");
  expect(heard()).toBe("\rsb000256\r\u0007sb000256\r\u0007F80\r");
  bus.injectFaults(undefined);
  say("C\rO\rt0010\r");
  await clock.advance(1);
  expect(heard()).toBe("\r\rz\r");
});
