import { VirtualClock } from "../../clock/virtual-clock.ts";
import type { CanBus } from "../bus.ts";
import type { BusFaults } from "../bus-faults.ts";
import { encodeFrame } from "../slcan-frame.ts";
import { SimulatedAdapter } from "../slcan/simulated-adapter.ts";
import { describeErrorFrame } from "../socketcan/error-frame.ts";
import { VirtualBus } from "../virtual-bus.ts";
import type { VirtualNode } from "../virtual-node.ts";
import { diagnose } from "./diagnose.ts";
import type { Diagnosis, DiagnosisCode } from "./diagnosis.ts";
import { examineBus, type ExamineBusOptions } from "./examine-bus.ts";
import type { BusObservation } from "./observations.ts";

/** A bus with the doctor's node, and in most tests one more. */
export interface Bench {
  readonly clock: VirtualClock;
  readonly wire: VirtualBus;
  readonly node: VirtualNode;
  readonly examine: (bus?: CanBus, options?: Partial<ExamineBusOptions>) => Promise<BusObservation>;
}

export function bench(options: { alone?: boolean; faults?: BusFaults; dataBitrate?: number } = {}): Bench {
  const { alone = false, faults, dataBitrate } = options;
  const clock = new VirtualClock();
  const wire = new VirtualBus({ clock, bitrate: 500_000, dataBitrate, faults });
  const node = wire.attach("doctor");
  if (!alone) wire.attach("another");
  return {
    clock,
    wire,
    node,
    examine: (bus = node, more = {}) => clock.run(examineBus(bus, clock, { url: "virtual:bench", ...more })),
  };
}

/** What a doctor says who knows of nothing but a bus. */
export const diagnoseBus = (bus: BusObservation): Diagnosis[] => diagnose({ interfaces: [], ports: [], bus });

export const codesOf = (diagnoses: readonly Diagnosis[]): DiagnosisCode[] =>
  diagnoses.map(({ code }) => code);

/** A CANable 2 that is written to without any pacing, as slcand does. */
export function unpacedAdapter(wire: VirtualBus, clock: VirtualClock): CanBus {
  const adapter = new SimulatedAdapter({ bus: wire, name: "slcand", dialect: "canable2", write: () => {} });
  const say = (line: string): void => adapter.push(Buffer.from(`${line}\r`, "latin1"));
  say("S6");
  say("O");
  return {
    capabilities: { fd: false, bitrate: 500_000 },
    async send(frame) {
      say(encodeFrame(frame));
      return clock.now();
    },
    subscribe: () => () => {},
    close: async () => adapter.close(),
  };
}

/** A node whose controller reports an error frame (class and data of linux/can/error.h) for each frame it sends. */
export function reportingErrors(node: VirtualNode, errorClass: number, data: readonly number[]): CanBus {
  const listeners = new Set<(report: ReturnType<typeof describeErrorFrame>) => void>();
  const reporting: CanBus & { subscribeErrors: unknown } = {
    capabilities: node.capabilities,
    send(frame) {
      for (const listener of listeners) listener(describeErrorFrame(errorClass, Uint8Array.from(data)));
      return node.send(frame);
    },
    subscribe: (listener) => node.subscribe(listener),
    close: () => node.close(),
    subscribeErrors(listener: (report: ReturnType<typeof describeErrorFrame>) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return reporting;
}
