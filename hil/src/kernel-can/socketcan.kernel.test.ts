import { testCanBusContract, type ContractRig } from "@halfshaft/vehicle-net/can/contract";
import { openBus, type CanBus } from "@halfshaft/vehicle-net/can";
import { realClock } from "@halfshaft/vehicle-net/clock";
import { makeVcan, type TestInterfaceOptions } from "./test-interface.ts";

async function vcanRig(options: TestInterfaceOptions): Promise<ContractRig> {
  const vcan = makeVcan(options);
  const opened: CanBus[] = [];
  return {
    clock: realClock,
    open: async () => {
      const bus = await openBus(`socketcan:${vcan.name}`, { clock: realClock });
      opened.push(bus);
      return bus;
    },
    run: (promise) => promise,
    close: async () => {
      await Promise.all(opened.map((bus) => bus.close()));
      vcan.delete();
    },
  };
}

testCanBusContract("socketcan, vcan classic", () => vcanRig({}));
testCanBusContract("socketcan, vcan FD", () => vcanRig({ fd: true }));
testCanBusContract("socketcan, vcan shaped to 500 kbit/s", () => vcanRig({ shape: "500k" }));
