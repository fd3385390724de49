import type { CanFrame, ReceivedFrame } from "./frame.ts";

/** What a bus can do; asked before frames are made. */
export interface BusCapabilities {
  readonly fd: boolean;
  /** Nominal bit rate in bit/s where known: 500_000. */
  readonly bitrate?: number;
  /** Data-phase bit rate in bit/s (FD with BRS). */
  readonly dataBitrate?: number;
}

/**
 * The least that a CAN driver is: send, subscribe, close, and what the bus can do. A driver never reorders
 * frames of equal identifier and never delivers a sender's own frames to itself.
 */
export interface CanBus {
  readonly capabilities: BusCapabilities;
  /**
   * Queues a frame. Resolves with the clock's time (ms) at which the frame had left (acknowledged on the bus,
   * or the driver's best knowledge of it: ISO-TP's N_As and UDS's P2 start there).
   * @throws {CanError} closed, bus-off, or frame not expressible on this bus.
   */
  send(frame: CanFrame): Promise<number>;
  /** Delivers every frame received from others, in bus order. Returns the function that ends the subscription. */
  subscribe(listener: (frame: ReceivedFrame) => void): () => void;
  /** Idempotent; pending sends reject with `CanError` code `closed`. */
  close(): Promise<void>;
}

export type CanErrorCode =
  | "closed"
  | "bus-off"
  | "no-acknowledge"
  | "frame-not-supported"
  | "bad-frame"
  | "cannot-open"
  | "unknown-driver"
  | "bad-url"
  | "lost-connection"
  | "interface-down"
  | "interface-deleted";

/** A CAN driver's failure: what happened, to which bus, and what to do about it. */
export class CanError extends Error {
  override readonly name = "CanError";
  readonly code: CanErrorCode;
  readonly help: string | undefined;

  constructor(code: CanErrorCode, message: string, options?: { help?: string; cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.help = options?.help;
  }
}
