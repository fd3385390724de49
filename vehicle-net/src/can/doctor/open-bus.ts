import type { Clock } from "../../clock/clock.ts";
import { CanError, type CanBus } from "../bus.ts";
import { openBus } from "../drivers.ts";
import type { OpenSlcanPort } from "../slcan/slcan-port.ts";
import type { BusObservation } from "./observations.ts";

export interface ExaminedOpening {
  readonly clock: Clock;
  readonly onNotice?: (sentence: string) => void;
  /** How a serial port is opened; default: with the package serialport. */
  readonly openPort?: OpenSlcanPort;
}

/** Opens a bus, or tells how far that went: the serial port alone is more than nothing. */
export async function openExamined(
  url: string,
  options: ExaminedOpening,
): Promise<CanBus | Pick<BusObservation, "url" | "refusal" | "portOpened">> {
  let portOpened = false;
  try {
    if (!url.startsWith("slcan:")) return await openBus(url, options);
    const { openSlcan } = await options.clock.working(import("../slcan/slcan.ts"));
    const { openSerialPort } = await options.clock.working(import("../slcan/serial-port.ts"));
    const { openPort = openSerialPort, onNotice } = options;
    const noted: OpenSlcanPort = async (path, baudRate) => {
      const port = await openPort(path, baudRate);
      portOpened = true;
      return port;
    };
    return await openSlcan(url, options.clock, { onNotice, openPort: noted });
  } catch (error) {
    if (!(error instanceof CanError)) throw error;
    const refusal = { code: error.code, sentence: error.message, help: error.help };
    return { url, refusal, portOpened };
  }
}
