import { expect, test } from "vitest";
import { VirtualClock } from "../../clock/virtual-clock.ts";
import { MemoryPort } from "../slcan/simulated-port.ts";
import type { SlcanPort } from "../slcan/slcan-port.ts";
import { VirtualBus } from "../virtual-bus.ts";
import { diagnose } from "./diagnose.ts";
import type { InterfaceObservation, PortObservation } from "./observations.ts";
import { examineBus } from "./examine-bus.ts";
import { openExamined } from "./open-bus.ts";
import { bench, codesOf, diagnoseBus, reportingErrors, unpacedAdapter } from "./testing.ts";

const CAN0: InterfaceObservation = { name: "can0", kind: "can", up: true, fd: false, bitrate: 500_000 };
const USB: PortObservation = {
  path: "/dev/ttyACM0",
  serialNumber: "0042",
  stablePath: "/dev/serial/by-id/a",
};

test("B3 a bus on which frames pass gets no diagnosis", async () => {
  const { wire, examine } = bench();
  const witness = wire.attach("witness");
  const bus = await examine(undefined, { witness });
  expect(bus).toMatchObject({ classic: { sent: 3, departed: 3 }, burst: { sent: 200, heard: 200 } });
  expect(diagnoseBus(bus)).toEqual([]);
});

test("B3 a lone node is told that nobody acknowledges, and that this is ENOBUFS", async () => {
  const [found, ...others] = diagnoseBus(await bench({ alone: true }).examine());
  expect(found).toMatchObject({ code: "NOBODY_ACKNOWLEDGES", kind: "fault" });
  expect(found?.sentence).toContain("ENOBUFS");
  expect(found?.help).toMatch(/powered.*500 kbit\/s.*60 Ω/);
  expect(others).toEqual([]);
});

test("B3 a controller that goes bus-off while it is tried is told so, with the wiring that may be the cause", async () => {
  const bus = await bench({ faults: () => "corrupt" }).examine();
  expect(codesOf(diagnoseBus(bus))).toEqual(["BUS_OFF_STAYS", "WIRING"]);
});

test("B3 an interface that is bus-off with restart-ms 0 is told how to come back", () => {
  const interfaces = [{ ...CAN0, state: "BUS-OFF", restartMs: 0 }];
  const [found] = diagnose({ interfaces, ports: [] });
  expect(found).toMatchObject({ code: "BUS_OFF_STAYS" });
  expect(found?.sentence).toContain("restart-ms is 0");
  expect(found?.help).toContain("ip link set can0 down; ip link set can0 up");
});

test("B3 an SLCAN adapter that is bus-off is told to be closed and opened (C, O)", async () => {
  const bus = await bench({ faults: () => "corrupt" }).examine();
  const [found] = diagnoseBus({ ...bus, url: "slcan:/dev/ttyACM0?bitrate=500k" });
  expect(found?.help).toMatch(/C and O/);
});

test("B3 a port that opens with nothing that answers behind it is a wedged adapter", async () => {
  const clock = new VirtualClock();
  const silent: SlcanPort = { write: () => {}, listen: () => {}, close: async () => {} };
  const url = "slcan:/dev/ttyACM0?bitrate=500k";
  const opened = await clock.run(openExamined(url, { clock, openPort: async () => silent }));
  expect(opened).toMatchObject({ portOpened: true, refusal: { code: "cannot-open" } });
  const found = diagnose({ interfaces: [], ports: [], bus: opened as { url: string } });
  expect(codesOf(found)).toEqual(["ADAPTER_WEDGED"]);
  expect(found[0]?.help).toMatch(/^Unplug it/);
});

test("B3 a bus that cannot be opened for another reason says that reason", async () => {
  const clock = new VirtualClock();
  const opened = await openExamined("socketcan:nope0", { clock });
  const [found] = diagnose({ interfaces: [], ports: [], bus: opened as { url: string } });
  expect(found).toMatchObject({ code: "CANNOT_OPEN", kind: "fault" });
});

test("B3 two adapters on USB may swap their names, unless one is named by what stays", () => {
  const ports = [USB, { path: "/dev/ttyACM1", serialNumber: "0043", stablePath: "/dev/serial/by-id/b" }];
  const told = diagnose({ interfaces: [], ports, bus: { url: "slcan:/dev/ttyACM0?bitrate=500k" } });
  expect(codesOf(told)).toEqual(["NAMES_MAY_SWAP"]);
  expect(told[0]?.help).toContain("/dev/ttyACM1: /dev/serial/by-id/b");
  expect(diagnose({ interfaces: [], ports, bus: { url: "slcan:/dev/serial/by-id/a?bitrate=500k" } })).toEqual(
    [],
  );
});

test("B3 two controllers may swap their names; a udev rule by serial number is offered", () => {
  const interfaces = [
    { ...CAN0, serialNumber: "A1" },
    { ...CAN0, name: "can1", serialNumber: "A2" },
  ];
  const [found] = diagnose({ interfaces, ports: [] });
  expect(found).toMatchObject({ code: "NAMES_MAY_SWAP", kind: "advice" });
  expect(found?.help).toContain('ATTRS{serial}=="A2", NAME="bench-can1"');
});

test("B3 frames that a CANable drops in a burst are counted by a second adapter", async () => {
  const { wire, clock, examine } = bench();
  const witness = wire.attach("witness");
  const bus = await examine(unpacedAdapter(wire, clock), { witness });
  expect(bus.burst?.sent).toBe(200);
  expect(bus.burst?.heard).toBeLessThan(100);
  const found = diagnoseBus(bus);
  expect(codesOf(found)).toEqual(["FRAMES_LOST_IN_BURST"]);
  expect(found[0]?.help).toContain("slcan:");
});

test("B3 the kernel's slcan is advised against, since it does not pace", () => {
  const interfaces = [{ ...CAN0, name: "slcan0", kind: "slcan" }];
  expect(codesOf(diagnose({ interfaces, ports: [] }))).toEqual(["FRAMES_LOST_IN_BURST"]);
});

test("B3 where classic frames pass and CAN FD frames do not, the sample points differ", async () => {
  const { examine } = bench({
    dataBitrate: 2_000_000,
    faults: ({ frame }) => (frame.fd ? "corrupt" : undefined),
  });
  const found = diagnoseBus(await examine(undefined, { fd: true }));
  expect(codesOf(found)).toEqual(["BUS_OFF_STAYS", "FD_TIMING"]);
  expect(found[1]?.help).toMatch(/sample points.*RC oscillator/);
});

test("B3 an error-passive controller with a data phase is told its sample point", () => {
  const interfaces = [
    { ...CAN0, fd: true, dataBitrate: 2_000_000, dataSamplePoint: 0.75, state: "ERROR-PASSIVE" },
  ];
  const [found] = diagnose({ interfaces, ports: [] });
  expect(found?.code).toBe("FD_TIMING");
  expect(found?.help).toContain("75.0 %");
});

// Classes and data of error frames: linux/can/error.h, as sja1000 reports them.
test.each([
  ["stuff errors", [0, 0, 0x04, 0x0a, 0, 0, 0, 0], /bit rate is another one/, /125, 250, 500 and 1000/],
  ["form errors", [0, 0, 0x02, 0x18, 0, 0, 0, 0], /bit rate is another one/, /60 Ω/],
  ["bit errors", [0, 0, 0x01, 0x0a, 0, 0, 0, 0], /does not read back/, /swapped or shorted/],
])("B3 %s are classified, with the 60 Ω to be measured", async (_, data, sentence, help) => {
  const { node, examine } = bench();
  const found = diagnoseBus(await examine(reportingErrors(node, 0x088, data)));
  expect(codesOf(found)).toEqual(["WIRING"]);
  expect(found[0]?.sentence).toMatch(sentence);
  expect(found[0]?.help).toMatch(help);
  expect(found[0]?.help).toContain("60 Ω");
});

test("B3 error frames that only miss the acknowledgement are no matter of wiring", async () => {
  const { node, examine } = bench({ alone: true });
  const bus = await examine(reportingErrors(node, 0x020, [0, 0, 0, 0, 0, 0, 0, 0]));
  expect(bus.errors).toMatchObject({ acknowledge: 1, bit: 0 });
  expect(codesOf(diagnoseBus(bus))).toEqual(["NOBODY_ACKNOWLEDGES"]);
});

test("B3 an adapter that tells nothing of acknowledgement, on a silent bus, says that this means nothing", async () => {
  const clock = new VirtualClock();
  const wire = new VirtualBus({ clock, bitrate: 500_000 });
  const port = new MemoryPort({ bus: wire, name: "adapter", dialect: "canable2", clock });
  const url = "slcan:memory?bitrate=500k";
  const opened = await clock.run(openExamined(url, { clock, openPort: async () => port }));
  if (!("send" in opened)) expect.unreachable();
  const bus = await clock.run(examineBus(opened, clock, { url }));
  expect(codesOf(diagnoseBus(bus))).toEqual(["NOTHING_HEARD"]);
});
