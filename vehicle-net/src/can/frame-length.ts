import { CanError } from "./bus.ts";
import type { CanFrame } from "./frame.ts";

/** Payload bytes by data length code, CAN FD (ISO 11898-1:2015 table 5). Classic frames stop at 8. */
const FD_LENGTHS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64] as const;

export const CLASSIC_MAX_LENGTH = 8;
export const FD_MAX_LENGTH = 64;

/**
 * Payload bytes that a data length code announces; a classic frame's DLC of 9–15 means 8 bytes.
 * @throws {CanError} `bad-frame` where `dlc` is not 0–15.
 */
export function lengthOfDlc(dlc: number, fd: boolean): number {
  const length = FD_LENGTHS[dlc];
  if (length === undefined) throw new CanError("bad-frame", `A data length code is 0 to 15, not ${dlc}.`);
  return fd ? length : Math.min(length, CLASSIC_MAX_LENGTH);
}

/**
 * The data length code of a payload.
 * @throws {CanError} `bad-frame` where no frame of this format has exactly that length.
 */
export function dlcOfLength(length: number, fd: boolean): number {
  const dlc = FD_LENGTHS.findIndex((candidate) => candidate === length);
  if (dlc < 0 || (!fd && length > CLASSIC_MAX_LENGTH)) {
    const lengths = fd ? "0–8, 12, 16, 20, 24, 32, 48 or 64" : "0–8";
    const format = fd ? "CAN FD" : "classic CAN";
    throw new CanError("bad-frame", `A ${format} frame carries ${lengths} bytes, not ${length}.`);
  }
  return dlc;
}

/**
 * The shortest CAN FD payload that holds `length` bytes: the sender pads up to it.
 * @throws {CanError} `bad-frame` above 64 bytes.
 */
export function fdLengthFor(length: number): number {
  const padded = FD_LENGTHS.find((candidate) => candidate >= length);
  if (padded === undefined) {
    throw new CanError("bad-frame", `A CAN FD frame carries at most ${FD_MAX_LENGTH} bytes, not ${length}.`);
  }
  return padded;
}

/**
 * Accepts what a CAN controller can send.
 * @throws {CanError} `bad-frame` naming the field that cannot be.
 */
export function checkFrame(frame: CanFrame): void {
  const { id, extended = false, fd = false } = frame;
  const limit = extended ? 0x1fff_ffff : 0x7ff;
  if (!Number.isInteger(id) || id < 0 || id > limit) {
    const bits = extended ? 29 : 11;
    throw new CanError(
      "bad-frame",
      `A ${bits}-bit identifier is 0 to ${hex(limit)}, not ${Number.isInteger(id) ? hex(id) : id}.`,
      extended ? {} : { help: "Mark the frame as extended to send a 29-bit identifier." },
    );
  }
  dlcOfLength(frame.data.length, fd);
  if (!fd && (frame.brs === true || frame.esi === true)) {
    throw new CanError("bad-frame", "Only a CAN FD frame has the bits BRS and ESI.", {
      help: "Set fd, or leave brs and esi out.",
    });
  }
}

const hex = (value: number): string => `${value < 0 ? "-" : ""}0x${Math.abs(value).toString(16)}`;
