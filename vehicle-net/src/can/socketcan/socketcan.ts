import type { Clock } from "../../clock/clock.ts";
import { CanError } from "../bus.ts";
import { readInterface } from "./interface.ts";
import { loadAddon } from "./native.ts";
import { RawSocketBus } from "./raw-socket-bus.ts";
import type { SocketCanBus } from "./socketcan-bus.ts";
import { interfaceDown } from "./socketcan-error.ts";
import { parseSocketCanUrl } from "./socketcan-url.ts";

/**
 * Opens a CAN interface of Linux by URL: `socketcan:can0`, `socketcan:can0?filter=7E8,18DAF110`.
 * @param clock a clock of real time: the kernel does not wait for a virtual one.
 * @throws {CanError} `bad-url`; `cannot-open` where there is no such interface; `interface-down`.
 */
export async function openSocketCan(url: string, clock: Clock): Promise<SocketCanBus> {
  const { interfaceName, filters } = parseSocketCanUrl(url);
  if (process.platform !== "linux") {
    throw new CanError("cannot-open", `SocketCAN is a part of Linux; this is ${process.platform}.`, {
      help: "Use slcan: with a serial adapter, or hub:// .",
    });
  }
  const facts = await readInterface(interfaceName);
  if (!facts.up) throw interfaceDown(interfaceName);
  const addon = loadAddon();
  if (addon !== undefined) return new RawSocketBus(addon, facts, filters, clock);
  const { openNpmSocketCan } = await import("./npm-socketcan.ts");
  return openNpmSocketCan(facts, filters, clock);
}
