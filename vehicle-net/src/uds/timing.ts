/** The client's times (ISO 14229-2:2021, 7.2); all milliseconds. */
export interface ClientTiming {
  /** What the ECU promises: the answer begins within this time after the request has left. */
  readonly p2Ms: number;
  /** The same after a 0x78 (response pending). */
  readonly p2StarMs: number;
  /** Added to both: the way through bus, gateway and driver, and answers that wait for a busy bus. */
  readonly marginMs: number;
  /** Cap over one whole request, however often 0x78 comes. */
  readonly overallMs: number;
  /** How long a request is repeated while the ECU says that it is busy (0x21); after that the refusal counts. */
  readonly busyMs: number;
  /** From a 0x21 to the repetition. */
  readonly busyDelayMs: number;
  /** How often TesterPresent goes out while a non-default session is held. */
  readonly s3ClientMs: number;
}

/** ISO 14229-2:2021, tables 4 and 5. */
export const defaultClientTiming: ClientTiming = {
  p2Ms: 50,
  p2StarMs: 5000,
  marginMs: 50,
  overallMs: 60_000,
  busyMs: 5000,
  busyDelayMs: 100,
  s3ClientMs: 2000,
};

/** The server's times (ISO 14229-2:2021, 7.2); all milliseconds. */
export interface ServerTiming {
  readonly p2Ms: number;
  readonly p2StarMs: number;
  /** A non-default session ends when no request came for so long. */
  readonly s3Ms: number;
}

export const defaultServerTiming: ServerTiming = { p2Ms: 50, p2StarMs: 5000, s3Ms: 5000 };

/**
 * When a server that is still working says 0x78, as a share of P2 or P2*: early enough that the frame is on its
 * way in time, and not before 0.3 · P2* for the second and later ones (ISO 14229-2:2021, 7.2).
 */
export const PENDING_AFTER_SHARE = 0.7;
