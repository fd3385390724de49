import type { BusCapabilities } from "../can/bus.ts";
import type { FunctionalAddressing, IsoTpAddressing } from "./addressing.ts";
import { IsoTpOptionError } from "./error.ts";
import type { FrameLayout } from "./pci.ts";
import { defaultTiming, encodeStMin, type IsoTpTiming } from "./timing.ts";

const transmitLengths = [8, 12, 16, 20, 24, 32, 48, 64];

/** What frames on a channel look like. */
export interface IsoTpFrameOptions {
  /** TX_DL (9.5): the longest frame we send: 8 (classic), 12, 16, 20, 24, 32, 48 or 64 bytes. Default 8. */
  readonly txDl?: number;
  /** Send CAN FD frames. Default: where `txDl` is above 8. */
  readonly fd?: boolean;
  /** Send FD frames with bit rate switch. Default: with every FD frame. */
  readonly brs?: boolean;
  /**
   * The byte that fills short frames up to 8 bytes (10.4.2.1), default 0xCC; `false` sends the shortest frame (10.4.2.2).
   * Received frames are accepted with and without padding.
   */
  readonly padding?: number | false;
  readonly timing?: Partial<IsoTpTiming>;
}

export interface IsoTpOptions extends IsoTpFrameOptions {
  readonly addressing: IsoTpAddressing;
  /** BS that we announce: consecutive frames until the next flow control; 0 means all. Default 0. */
  readonly blockSize?: number;
  /** STmin that we announce, in ms; fractions of 0.1 below 1. Default 0. */
  readonly stMinMs?: number;
  /** Longer messages are refused with FC.OVFLW before memory is taken for them. Default 131,072. */
  readonly maxMessageBytes?: number;
  /** N_WFTmax (9.7): FC.WAIT frames in a row that we send at most, and that we put up with. Default 10. */
  readonly wftMax?: number;
  /** Consecutive frames handed to the driver ahead, so that the bus has no gaps where STmin is 0. Default 32. */
  readonly framesAhead?: number;
}

export interface FunctionalOptions extends IsoTpFrameOptions {
  readonly addressing: FunctionalAddressing;
}

/** Options of a channel, checked and complete. */
export interface SessionParameters {
  /** Both ends' identifiers, for sentences: `0x7E0 → 0x7E8`. */
  readonly link: string;
  readonly layout: FrameLayout;
  /** Functional addressing: what does not fit one frame is neither sent nor received (9.2). */
  readonly singleFramesOnly: boolean;
  readonly blockSize: number;
  /** As coded in our flow control. */
  readonly stMin: number;
  readonly timing: IsoTpTiming;
  readonly maxMessageBytes: number;
  readonly wftMax: number;
  readonly framesAhead: number;
}

/**
 * Options checked and completed.
 * @throws {IsoTpOptionError} naming the first option that cannot be.
 */
export function sessionParameters(
  options: IsoTpOptions | (FunctionalOptions & Partial<Omit<IsoTpOptions, "addressing">>),
  wire: { readonly link: string; readonly addressByte?: number; readonly singleFramesOnly: boolean },
): SessionParameters {
  const { txDl = 8, padding = 0xcc, blockSize = 0, stMinMs = 0, wftMax = 10, framesAhead = 32 } = options;
  if (!transmitLengths.includes(txDl)) {
    throw new IsoTpOptionError("txDl", `${txDl} is not one of ${transmitLengths.join(", ")}`);
  }
  if (padding !== false) whole("padding", padding, 0, 0xff);
  const timing = { ...defaultTiming, ...options.timing };
  for (const [name, value] of Object.entries(timing)) {
    if (!(value > 0)) throw new IsoTpOptionError(`timing.${name}`, `${value} ms is not a time-out`);
  }
  return {
    link: wire.link,
    layout: { addressByte: wire.addressByte, txDl, padding },
    singleFramesOnly: wire.singleFramesOnly,
    blockSize: whole("blockSize", blockSize, 0, 0xff),
    stMin: encodeStMin(stMinMs),
    timing,
    maxMessageBytes: whole("maxMessageBytes", options.maxMessageBytes ?? 131_072, 1, 0xffff_ffff),
    wftMax: whole("wftMax", wftMax, 0, 255),
    framesAhead: whole("framesAhead", framesAhead, 1, 4096),
  };
}

/** @throws {IsoTpOptionError} where FD frames are asked for on a classic bus. */
export function frameFormat(
  options: IsoTpFrameOptions,
  bus: BusCapabilities,
): { readonly fd?: true; readonly brs?: boolean } {
  const { txDl = 8, fd = txDl > 8, brs = true } = options;
  if (!fd && txDl > 8) throw new IsoTpOptionError("fd", `frames of ${txDl} bytes exist only in CAN FD`);
  if (!fd) return {};
  if (!bus.fd) throw new IsoTpOptionError("fd", "this bus carries classic CAN only; use txDl 8");
  return { fd: true, brs };
}

function whole(option: string, value: number, first: number, last: number): number {
  if (Number.isInteger(value) && value >= first && value <= last) return value;
  throw new IsoTpOptionError(option, `${value} is not a whole number from ${first} to ${last}`);
}
