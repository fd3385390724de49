/** One CAN data frame, classic (ISO 11898-1 CBFF/CEFF) or FD (FBFF/FEFF). Remote frames are not used here. */
export interface CanFrame {
  /** 11-bit identifier, or 29-bit where `extended`. */
  readonly id: number;
  /** 29-bit identifier. Default false. */
  readonly extended?: boolean;
  /** 0–8 bytes; FD: 0–8, 12, 16, 20, 24, 32, 48 or 64 bytes. */
  readonly data: Uint8Array;
  /** CAN FD frame format. Default false. */
  readonly fd?: boolean;
  /** Bit rate switch: the data phase runs at the data bit rate (FD only). */
  readonly brs?: boolean;
  /** Error state indicator of the sender (FD only). */
  readonly esi?: boolean;
}

/** A frame as a receiver saw it; `atMs` is the clock's time at the end of the frame. */
export interface ReceivedFrame extends CanFrame {
  readonly atMs: number;
}
