import { CanError } from "./bus.ts";
import { checkFrame } from "./frame-length.ts";
import type { CanFrame } from "./frame.ts";

/** A line of a log as `candump -l` writes and `canplayer`, `log2asc` and python-can read it. */
export interface CandumpEntry {
  /** Milliseconds since 1970, or since whenever the log began. */
  readonly atMs: number;
  /** Name of the interface: `can0`. */
  readonly channel: string;
  readonly frame: CanFrame;
}

/** Flags behind `##` (struct canfd_frame of linux/can.h). */
const BRS_FLAG = 1;
const ESI_FLAG = 2;
const LINE = /^\((\d+)\.(\d{6})\)\s+(\S+)\s+([0-9A-Fa-f]{3}|[0-9A-Fa-f]{8})(#.*?)(?:\s+[RT])?\s*$/u;
const CLASSIC_DATA = /^#((?:[0-9A-Fa-f]{2})*)(?:_[9A-Fa-f])?$/u;
const FD_DATA = /^##([0-9A-Fa-f])((?:[0-9A-Fa-f]{2})*)$/u;
const REMOTE = /^#R/u;
/** An identifier with this bit (CAN_ERR_FLAG) is a driver's error message, no frame of the bus. */
const ERROR_FLAG = 0x2000_0000;

/** `(1436509052.249713) vcan0 044#2A366C2BBA`, without its line end. */
export function formatCandumpLine({ atMs, channel, frame }: CandumpEntry): string {
  const [seconds = "0", fraction] = (atMs / 1000).toFixed(6).split(".");
  const id = frame.id.toString(16).toUpperCase();
  const identifier = frame.extended === true ? id.padStart(8, "0") : id.padStart(3, "0");
  const data = Buffer.from(frame.data).toString("hex").toUpperCase();
  const flags = (frame.brs === true ? BRS_FLAG : 0) | (frame.esi === true ? ESI_FLAG : 0);
  const separator = frame.fd === true ? `##${flags}` : "#";
  return `(${seconds.padStart(10, "0")}.${fraction}) ${channel} ${identifier}${separator}${data}`;
}

/**
 * Reads a line of a candump log. `undefined` for what is no data frame: an empty line, a remote frame, an error message.
 * @throws {CanError} `bad-frame` where the line is damaged; it names the line.
 */
export function parseCandumpLine(line: string): CandumpEntry | undefined {
  if (line.trim() === "") return undefined;
  const match = LINE.exec(line);
  if (match === null) throw damaged(line);
  const [, seconds, micros, channel = "", identifier = "", rest = ""] = match;
  const id = Number.parseInt(identifier, 16);
  if (REMOTE.test(rest) || (id & ERROR_FLAG) !== 0) return undefined;
  const frame: CanFrame = { id, extended: identifier.length === 8, ...parseData(line, rest) };
  try {
    checkFrame(frame);
  } catch (cause) {
    throw damaged(line, cause);
  }
  return { atMs: Number(seconds) * 1000 + Number(micros) / 1000, channel, frame };
}

function parseData(line: string, rest: string): Pick<CanFrame, "data" | "fd" | "brs" | "esi"> {
  const fd = FD_DATA.exec(rest);
  if (fd !== null) {
    const flags = Number.parseInt(fd[1] ?? "0", 16);
    const data = fromHex(fd[2]);
    return { data, fd: true, brs: (flags & BRS_FLAG) !== 0, esi: (flags & ESI_FLAG) !== 0 };
  }
  const classic = CLASSIC_DATA.exec(rest);
  if (classic === null) throw damaged(line);
  return { data: fromHex(classic[1]), fd: false, brs: false, esi: false };
}

const fromHex = (digits = ""): Uint8Array => Uint8Array.from(Buffer.from(digits, "hex"));

function damaged(line: string, cause?: unknown): CanError {
  const because = cause instanceof Error ? `: ${cause.message}` : ".";
  return new CanError("bad-frame", `"${line.slice(0, 200)}" is no line of a candump log${because}`, {
    help: "Lines look like (1436509052.249713) vcan0 044#2A366C2BBA.",
    cause,
  });
}
