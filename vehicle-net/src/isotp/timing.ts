import { IsoTpOptionError } from "./error.ts";

/**
 * Time-outs of the network layer in milliseconds (ISO 15765-2:2016 9.8.1 and 9.8.2). The performance requirements N_Cs
 * and N_Br have no time-out: this implementation answers at once, so N_Cs + N_As < 0.9 N_Cr and
 * N_Br + N_Ar < 0.9 N_Bs hold as long as frames leave.
 */
export interface IsoTpTiming {
  /** A data frame we handed to the driver must have left. */
  readonly nAsMs: number;
  /** A flow control we handed to the driver must have left. */
  readonly nArMs: number;
  /** The receiver's flow control must have come. */
  readonly nBsMs: number;
  /** The sender's next consecutive frame must have come. */
  readonly nCrMs: number;
  /** While reception is on hold: from one FC.WAIT to the next flow control. Below 0.9 of the sender's N_Bs. */
  readonly nBrMs: number;
}

export const defaultTiming: IsoTpTiming = {
  nAsMs: 1000,
  nArMs: 1000,
  nBsMs: 1000,
  nCrMs: 1000,
  nBrMs: 400,
};

/**
 * STmin of a flow control in milliseconds (9.6.5.4): 00–7F whole milliseconds, F1–F9 100–900 µs; a reserved value
 * counts as the longest, 127 ms (9.6.5.5).
 */
export function decodeStMin(coded: number): number {
  if (coded <= 0x7f) return coded;
  if (coded >= 0xf1 && coded <= 0xf9) return (coded - 0xf0) / 10;
  return 127;
}

/**
 * The code of the shortest separation time that is not shorter than `stMinMs`.
 * @throws {IsoTpOptionError} outside 0–127 ms.
 */
export function encodeStMin(stMinMs: number): number {
  if (!(stMinMs >= 0 && stMinMs <= 127)) {
    throw new IsoTpOptionError("stMinMs", `${stMinMs} is outside 0–127 ms`);
  }
  // Without rounding first, 0.3 × 10 = 3.0000000000000004 would become 400 µs.
  const tenths = Math.ceil(Math.round(stMinMs * 1000) / 100);
  return tenths > 0 && tenths <= 9 ? 0xf0 + tenths : Math.ceil(stMinMs);
}
