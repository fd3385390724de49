import type { Clock } from "../clock/clock.ts";
import { CanError, type CanBus } from "./bus.ts";
import type { VirtualBus } from "./virtual-bus.ts";

export interface OpenBusOptions {
  readonly clock: Clock;
  /** The buses of this process by the name in `virtual:name`. */
  readonly virtualBuses?: ReadonlyMap<string, VirtualBus>;
  /** Told what a person should know of an adapter, a sentence each: a slow UART, unplugging, coming back. */
  readonly onNotice?: (sentence: string) => void;
}

type OpenDriver = (url: string, options: OpenBusOptions) => Promise<CanBus>;

/** Drivers by the scheme of their URL. Each is loaded when it is first opened, so that what it needs hurts only its user. */
const DRIVERS: ReadonlyMap<string, OpenDriver> = new Map<string, OpenDriver>([
  ["virtual", async (url, options) => openVirtual(url, options)],
  ["hub", async (url, { clock }) => (await import("./hub.ts")).openHub(url, clock)],
  [
    "slcan",
    async (url, { clock, onNotice }) =>
      (await import("./slcan/slcan.ts")).openSlcan(url, clock, { onNotice }),
  ],
  [
    "socketcan",
    async (url, { clock }) => (await import("./socketcan/socketcan.ts")).openSocketCan(url, clock),
  ],
]);

/**
 * Opens a CAN bus by URL: `hub://host:port`, `slcan:/dev/ttyACM0?bitrate=500k`, `virtual:name?node=tester`.
 * @throws {CanError} `unknown-driver`, `bad-url`, or what the driver says.
 */
export async function openBus(url: string, options: OpenBusOptions): Promise<CanBus> {
  const scheme = /^([a-z]+):/u.exec(url)?.[1];
  if (scheme === undefined) {
    throw new CanError("bad-url", `"${url}" is no CAN bus.`, { help: `Write one of ${schemes()}.` });
  }
  const open = DRIVERS.get(scheme);
  if (open === undefined) {
    throw new CanError("unknown-driver", `There is no CAN driver "${scheme}".`, {
      help: `The drivers are ${schemes()}.`,
    });
  }
  return open(url, options);
}

const schemes = (): string => [...DRIVERS.keys()].map((scheme) => `${scheme}:`).join(", ");

function openVirtual(url: string, { virtualBuses }: OpenBusOptions): CanBus {
  const { pathname, searchParams } = new URL(url);
  const bus = virtualBuses?.get(pathname);
  if (bus === undefined) {
    const names = [...(virtualBuses?.keys() ?? [])].join(", ") || "none";
    throw new CanError("cannot-open", `This process has no virtual bus "${pathname}", it has: ${names}.`, {
      help: "A virtual bus joins nodes of one process; between processes use hub://host:port.",
    });
  }
  return bus.attach(searchParams.get("node") ?? url);
}
