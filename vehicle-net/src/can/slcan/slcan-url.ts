import { CanError } from "../bus.ts";
import { SLCAN_DIALECTS, type SlcanDialect } from "./dialect.ts";

export interface SlcanUrl {
  /** `/dev/ttyACM0`, `/dev/serial/by-id/…`, `COM3` */
  readonly path: string;
  /** Nominal bit rate in bit/s. */
  readonly bitrate: number;
  /** Data bit rate in bit/s; where given, the bus carries CAN FD. */
  readonly dataBitrate?: number;
  /** Bit timing registers sent as they are, in place of the digit of a bit rate. */
  readonly timing?: string;
  /** Taken as given instead of asked for. */
  readonly dialect?: SlcanDialect;
  /** Speed of a true UART, in baud; an adapter on USB has none. */
  readonly uartBaud?: number;
  readonly listenOnly: boolean;
}

const EXAMPLE =
  "Write slcan:/dev/ttyACM0?bitrate=500k, for CAN FD with &data=2M; further: &dialect=, &timing=, &uart=115200, &listen.";
const PARAMETERS = new Set(["bitrate", "data", "timing", "dialect", "uart", "listen"]);
/** Ports that are UARTs for certain; behind a ttyUSB there may be one or not. */
const UART_PATH = /\/tty(?:S|AMA|O|mxc)\d+$/u;
const DEFAULT_UART_BAUD = 115_200;

/**
 * Reads `slcan:/dev/ttyACM0?bitrate=500k&data=2M`.
 * @throws {CanError} `bad-url` naming the part that cannot be.
 */
export function parseSlcanUrl(url: string): SlcanUrl {
  const match = /^slcan:([^?]+)\?(.+)$/u.exec(url);
  const path = match?.[1];
  if (path === undefined) throw badUrl(`"${url}" names no serial port and bit rate.`);
  const parameters = new URLSearchParams(match?.[2]);
  for (const name of parameters.keys()) {
    if (!PARAMETERS.has(name)) throw badUrl(`"${name}" in ${url} means nothing.`);
  }
  const rate = (name: string): number | undefined => {
    const text = parameters.get(name);
    return text === null ? undefined : parseRate(text, name, url);
  };
  const bitrate = rate("bitrate");
  if (bitrate === undefined) throw badUrl(`${url} leaves out the bit rate of the bus.`);
  return {
    path,
    bitrate,
    dataBitrate: rate("data"),
    timing: parameters.get("timing") ?? undefined,
    dialect: parseDialect(parameters.get("dialect"), url),
    uartBaud: rate("uart") ?? (UART_PATH.test(path) ? DEFAULT_UART_BAUD : undefined),
    listenOnly: parameters.has("listen"),
  };
}

function parseRate(text: string, name: string, url: string): number {
  const match = /^(\d+(?:\.\d+)?)([kM]?)$/u.exec(text);
  const rate = Number(match?.[1]) * { "": 1, k: 1e3, M: 1e6 }[match?.[2] ?? ""]!;
  if (match === null || rate === 0) throw badUrl(`"${name}=${text}" in ${url} is no rate.`);
  return Math.round(rate);
}

function parseDialect(name: string | null, url: string): SlcanDialect | undefined {
  if (name === null) return undefined;
  const dialect = SLCAN_DIALECTS.get(name);
  if (dialect !== undefined) return dialect;
  const known = [...SLCAN_DIALECTS.keys()].join(", ");
  throw badUrl(`There is no SLCAN dialect "${name}" as in ${url}; there are ${known}.`);
}

const badUrl = (sentence: string): CanError => new CanError("bad-url", sentence, { help: EXAMPLE });
