import type { Clock } from "../../clock/clock.ts";
import { frameTimeMs } from "../bit-timing.ts";
import { openSerialPort } from "./serial-port.ts";
import { SlcanBus } from "./slcan-bus.ts";
import type { OpenSlcanPort } from "./slcan-port.ts";
import { parseSlcanUrl, type SlcanUrl } from "./slcan-url.ts";

export interface OpenSlcanOptions {
  /** Told what a person should know, a sentence each: a slow UART, unplugging, coming back. */
  readonly onNotice?: (sentence: string) => void;
  /** How a port is opened; default: with the package serialport. */
  readonly openPort?: OpenSlcanPort;
}

/**
 * Opens an SLCAN adapter by URL: `slcan:/dev/ttyACM0?bitrate=500k`, with CAN FD `…&data=2M`. Its dialect is asked for;
 * `&dialect=canable2` states it.
 * @throws {CanError} `bad-url`; `cannot-open`; `frame-not-supported` where the adapter has no CAN FD.
 */
export async function openSlcan(
  url: string,
  clock: Clock,
  options: OpenSlcanOptions = {},
): Promise<SlcanBus> {
  const { onNotice = () => undefined, openPort = openSerialPort } = options;
  const parsed = parseSlcanUrl(url);
  const bus = await SlcanBus.open({ url: parsed, clock, openPort, onNotice });
  const warning = uartWarning(parsed);
  if (warning !== undefined) onNotice(warning);
  return bus;
}

/** `t7E08` and 16 digits and CR, of which each takes a start bit, 8 data bits and a stop bit. */
const FULL_FRAME_BAUDS = (5 + 16 + 1) * 10;
/** Payload bytes in an ISO-TP consecutive frame. */
const ISOTP_BYTES = 7;

/** Full classic frames with 11-bit identifiers that a UART carries, per second. */
export const uartFramesPerSecond = (baud: number): number => Math.floor(baud / FULL_FRAME_BAUDS);

function uartWarning({ path, uartBaud, bitrate }: SlcanUrl): string | undefined {
  if (uartBaud === undefined) return undefined;
  const frames = uartFramesPerSecond(uartBaud);
  const busFrames = Math.floor(
    1000 / frameTimeMs({ id: 0x7e0, data: new Uint8Array(8).fill(0x55) }, { bitrate }),
  );
  if (frames >= busFrames) return undefined;
  const kilobytes = ((frames * ISOTP_BYTES) / 1000).toFixed(1);
  return `${path} is a UART of ${uartBaud} baud: it carries ${frames} frames a second (${kilobytes} kB/s), this bus ${busFrames}.`;
}
