import { test } from "vitest";
import { realClock } from "../../clock/real-clock.ts";
import type { BitRates } from "../bit-timing.ts";
import { testCanBusContract, type ContractRig } from "../contract.ts";
import { openBus } from "../drivers.ts";
import { VirtualBus } from "../virtual-bus.ts";
import type { SlcanDialectName } from "./dialect.ts";
import { hasSocat } from "./pseudo-terminal.ts";
import { startSimulatedSlcan } from "./simulated-port.ts";

const CLASSIC: BitRates = { bitrate: 500_000 };
const FD: BitRates = { bitrate: 500_000, dataBitrate: 2_000_000 };

/** Each node is an adapter of its own behind a pseudo-terminal of its own. */
async function slcanRig(dialect: SlcanDialectName, rates: BitRates): Promise<ContractRig> {
  const bus = new VirtualBus({ clock: realClock, ...rates });
  const opened: { close(): Promise<void> }[] = [];
  const data = rates.dataBitrate === undefined ? "" : `&data=${rates.dataBitrate}`;
  return {
    clock: realClock,
    async open() {
      const simulated = await startSimulatedSlcan({ bus, name: `adapter ${opened.length}`, dialect });
      opened.unshift(simulated);
      const url = `slcan:${simulated.path}?bitrate=${rates.bitrate}${data}`;
      const node = await openBus(url, { clock: realClock });
      opened.unshift(node);
      return node;
    },
    run: (promise) => promise,
    async close() {
      for (const each of opened) await each.close();
      await bus.close();
    },
  };
}

if (hasSocat()) {
  testCanBusContract("slcan, LAWICEL", () => slcanRig("lawicel", CLASSIC));
  testCanBusContract("slcan, USBtin", () => slcanRig("usbtin", CLASSIC));
  testCanBusContract("slcan, CANable 1", () => slcanRig("canable1", CLASSIC));
  testCanBusContract("slcan, CANable 2, FD", () => slcanRig("canable2", FD));
  testCanBusContract("slcan, CANable 2.5, FD", () => slcanRig("canable2.5", FD));
} else {
  test.skip("V1 the slcan driver over a pseudo-terminal: socat is missing (apt-get install socat)");
}
