import { realClock } from "../clock/real-clock.ts";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { testCanBusContract, type ContractRig } from "./contract.ts";
import type { BitRates } from "./bit-timing.ts";
import { openBus } from "./drivers.ts";
import { startHub } from "./hub-server.ts";
import { VirtualBus } from "./virtual-bus.ts";

const CLASSIC: BitRates = { bitrate: 500_000 };
const FD: BitRates = { bitrate: 500_000, dataBitrate: 2_000_000 };

async function virtualRig(rates: BitRates): Promise<ContractRig> {
  const clock = new VirtualClock();
  const bus = new VirtualBus({ clock, ...rates });
  const virtualBuses = new Map([["bench", bus]]);
  return {
    clock,
    open: () => openBus("virtual:bench", { clock, virtualBuses }),
    run: (promise) => clock.run(promise),
    close: () => bus.close(),
  };
}

async function hubRig(rates: BitRates): Promise<ContractRig> {
  const hub = await startHub({ port: 0, ...rates });
  return {
    clock: realClock,
    open: () => openBus(hub.url, { clock: realClock }),
    run: (promise) => promise,
    close: () => hub.close(),
  };
}

testCanBusContract("virtual, classic", () => virtualRig(CLASSIC));
testCanBusContract("virtual, FD", () => virtualRig(FD));
testCanBusContract("hub, classic", () => hubRig(CLASSIC));
testCanBusContract("hub, FD", () => hubRig(FD));
