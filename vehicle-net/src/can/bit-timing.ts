import { dlcOfLength } from "./frame-length.ts";
import type { CanFrame } from "./frame.ts";

/** Bits that a frame occupies on the wire, its interframe space included. */
export interface FrameBits {
  /** Sent at the nominal bit rate. */
  readonly nominalBits: number;
  /** Sent at the data bit rate (CAN FD with bit rate switch); 0 in all other frames. */
  readonly dataBits: number;
}

export interface BitRates {
  /** Nominal bit rate in bit/s. */
  readonly bitrate: number;
  /** Data bit rate in bit/s; the nominal one where left out. */
  readonly dataBitrate?: number;
}

/** Interframe space (ISO 11898-1:2015 10.4.6): the bus is idle to the eye, yet nobody may start. */
export const INTERMISSION_BITS = 3;
/** Acknowledge slot and delimiter, end of frame. */
const ACK_AND_END_BITS = 2 + 7;
const CRC_DELIMITER_BITS = 1;
const CRC15_POLYNOMIAL = 0x4599;

/** Runs of five equal bits are followed by a bit of the opposite value (ISO 11898-1:2015 10.5). */
class StuffedBits {
  count = 0;
  crc15 = 0;
  #last = -1;
  #run = 0;

  /** Appends the `width` low bits of `value`, most significant first. */
  append(value: number, width: number): void {
    for (let shift = width - 1; shift >= 0; shift -= 1) {
      const bit = (value >>> shift) & 1;
      this.crc15 = (this.crc15 << 1) ^ (bit === ((this.crc15 >>> 14) & 1) ? 0 : CRC15_POLYNOMIAL);
      this.#put(bit);
    }
  }

  /** Five equal bits right at the end of what is stuffed dynamically. */
  get endsInFullRun(): boolean {
    return this.#run === 5;
  }

  #put(bit: number): void {
    if (this.#run === 5) this.#stuff();
    this.#run = bit === this.#last ? this.#run + 1 : 1;
    this.#last = bit;
    this.count += 1;
  }

  #stuff(): void {
    this.#last ^= 1;
    this.#run = 1;
    this.count += 1;
  }
}

function appendIdentifier(bits: StuffedBits, frame: CanFrame): void {
  bits.append(0, 1); // start of frame
  if (frame.extended === true) {
    bits.append(frame.id >>> 18, 11);
    bits.append(0b11, 2); // SRR, IDE
    bits.append(frame.id, 18);
    bits.append(0, 1); // RTR or RRS
  } else {
    bits.append(frame.id, 11);
    bits.append(0b00, 2); // RTR or RRS, IDE
  }
}

function appendData(bits: StuffedBits, frame: CanFrame): void {
  bits.append(dlcOfLength(frame.data.length, frame.fd === true), 4);
  for (const byte of frame.data) bits.append(byte, 8);
}

function classicBits(frame: CanFrame): FrameBits {
  const bits = new StuffedBits();
  appendIdentifier(bits, frame);
  bits.append(0, frame.extended === true ? 2 : 1); // reserved
  appendData(bits, frame);
  bits.append(bits.crc15 & 0x7fff, 15);
  const lastStuffBits = bits.endsInFullRun ? 1 : 0;
  const stuffed = bits.count + lastStuffBits;
  return { nominalBits: stuffed + CRC_DELIMITER_BITS + ACK_AND_END_BITS + INTERMISSION_BITS, dataBits: 0 };
}

/**
 * From the stuff count on, stuff bits are fixed: one before it and one after every fourth bit (ISO 11898-1:2015
 * 10.5). So neither the CRC's value nor a full run at the end of the data changes the length.
 */
function fdCrcFieldBits(length: number): number {
  const stuffCountAndCrcBits = 4 + (length <= 16 ? 17 : 21);
  return stuffCountAndCrcBits + 1 + Math.floor(stuffCountAndCrcBits / 4) + CRC_DELIMITER_BITS;
}

function fdBits(frame: CanFrame): FrameBits {
  const brs = frame.brs === true;
  const bits = new StuffedBits();
  appendIdentifier(bits, frame);
  bits.append(0b10, 2); // FDF, reserved
  bits.append(brs ? 1 : 0, 1);
  const beforeSwitch = bits.count;
  bits.append(frame.esi === true ? 1 : 0, 1);
  appendData(bits, frame);
  const afterSwitch = bits.count - beforeSwitch + fdCrcFieldBits(frame.data.length);
  const nominalBits = beforeSwitch + ACK_AND_END_BITS + INTERMISSION_BITS;
  return brs
    ? { nominalBits, dataBits: afterSwitch }
    : { nominalBits: nominalBits + afterSwitch, dataBits: 0 };
}

/**
 * Exact number of bits of a valid frame, from its own bits: identifier, data, CRC-15 and the stuff bits that they need.
 * The bit after BRS counts as the first of the data phase, the CRC delimiter as its last (Mutter & Hartwich, iCC 2015).
 */
export function frameBits(frame: CanFrame): FrameBits {
  return frame.fd === true ? fdBits(frame) : classicBits(frame);
}

/** Duration of some bits in ms. */
export function bitsMs(bits: FrameBits, rates: BitRates): number {
  const nominalMs = (bits.nominalBits * 1000) / rates.bitrate;
  return nominalMs + (bits.dataBits * 1000) / (rates.dataBitrate ?? rates.bitrate);
}

/** How long a frame occupies the bus, in ms, its interframe space included. */
export function frameTimeMs(frame: CanFrame, rates: BitRates): number {
  return bitsMs(frameBits(frame), rates);
}
