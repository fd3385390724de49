import { expect, test } from "vitest";
import type { Clock } from "../../clock/clock.ts";
import type { CanBus } from "../bus.ts";
import { diagnose } from "./diagnose.ts";
import { examineBus } from "./examine-bus.ts";
import { bench, codesOf, diagnoseBus } from "./testing.ts";

const ECU = { requestId: 0x7e0, responseId: 0x7e8, extended: false, p2Ms: 50 };
const ANSWER = Uint8Array.of(0x02, 0x7e, 0x00);

/** An ECU that answers TesterPresent so late. */
function rigWithEcu(answerMs: number) {
  const rig = bench();
  const ecu = rig.wire.attach("ecu");
  ecu.subscribe(({ id }) => {
    if (id === ECU.requestId)
      rig.clock.after(answerMs, () => void ecu.send({ id: ECU.responseId, data: ANSWER }));
  });
  return rig;
}

test("B3 an ECU that answers in time is measured and not blamed", async () => {
  const bus = await rigWithEcu(10).examine(undefined, { ecu: ECU });
  expect(bus.latency?.answerMs).toBeGreaterThan(10);
  expect(bus.latency?.answerMs).toBeLessThan(11);
  expect(diagnoseBus(bus)).toEqual([]);
});

test("B3 an ECU that is later than its promise is named as the late side", async () => {
  const found = diagnoseBus(await rigWithEcu(80).examine(undefined, { ecu: ECU }));
  expect(codesOf(found)).toEqual(["LATENCY"]);
  expect(found[0]?.sentence).toMatch(/^The ECU itself is late/);
});

test("B3 an ECU that keeps silent has no time to answer", async () => {
  const bus = await bench().examine(undefined, { ecu: ECU });
  expect(bus.latency?.answerMs).toBeUndefined();
});

test("B3 an adapter whose frames leave late is named as the late side, not the ECU", async () => {
  const { node, clock, examine } = rigWithEcu(10);
  const slow: CanBus = {
    capabilities: node.capabilities,
    async send(frame) {
      await clock.sleep(16);
      return await node.send(frame);
    },
    subscribe: (listener) => node.subscribe(listener),
    close: () => node.close(),
  };
  const found = diagnoseBus(await examine(slow, { ecu: ECU }));
  expect(codesOf(found)).toEqual(["LATENCY"]);
  expect(found[0]?.sentence).toMatch(/adapter or a full bus is late, not the ECU/);
});

test("B3 a machine that wakes up late is named as the late side", async () => {
  const { node, clock } = bench();
  const sleepy: Clock = {
    now: () => clock.now(),
    at: (atMs, callback) => clock.at(atMs, callback),
    after: (delayMs, callback) => clock.after(delayMs, callback),
    sleep: (delayMs) => clock.sleep(delayMs + 16),
    working: (work) => work,
  };
  const bus = await clock.run(examineBus(node, sleepy, { url: "virtual:bench" }));
  expect(diagnoseBus(bus)[0]?.sentence).toMatch(/^This machine wakes up as much as 16\.0 ms late/);
});

test("B3 the 16 ms timer of an FTDI chip is named with the file that changes it", () => {
  const ports = [{ path: "/dev/ttyUSB0", latencyTimerMs: 16 }];
  const [found] = diagnose({ interfaces: [], ports });
  expect(found).toMatchObject({ code: "LATENCY", kind: "advice" });
  expect(found?.help).toContain("echo 1 > /sys/bus/usb-serial/devices/ttyUSB0/latency_timer");
});

test("B3 the timer of a chip that is not in use, or is quick already, is no matter", () => {
  const ports = [{ path: "/dev/ttyUSB0", latencyTimerMs: 16 }];
  const bus = { url: "slcan:/dev/ttyUSB1?bitrate=500k" };
  expect(diagnose({ interfaces: [], ports, bus })).toEqual([]);
  expect(diagnose({ interfaces: [], ports: [{ path: "/dev/ttyUSB0", latencyTimerMs: 1 }] })).toEqual([]);
});
