import type { CanErrorCode } from "../bus.ts";

/** What the doctor sees: facts alone, from which `diagnose` concludes. Times in ms, rates in bit/s. */
export interface Observations {
  readonly interfaces: readonly InterfaceObservation[];
  readonly ports: readonly PortObservation[];
  /** The bus that was opened and tried, where one was named. */
  readonly bus?: BusObservation;
}

/** A CAN interface of Linux as the kernel describes it. */
export interface InterfaceObservation {
  readonly name: string;
  /** `can`, `vcan`, `vxcan`, `slcan`. */
  readonly kind: string;
  readonly up: boolean;
  readonly fd: boolean;
  /** Known of real controllers only, as is all that follows. */
  readonly bitrate?: number;
  readonly dataBitrate?: number;
  /** 0 to 1. */
  readonly samplePoint?: number;
  readonly dataSamplePoint?: number;
  /** `ERROR-ACTIVE`, `ERROR-WARNING`, `ERROR-PASSIVE`, `BUS-OFF`, `STOPPED`. */
  readonly state?: string;
  /** 0: a controller that is bus-off stays so. */
  readonly restartMs?: number;
  readonly transmitErrors?: number;
  readonly receiveErrors?: number;
  /** Of the USB device behind it. */
  readonly serialNumber?: string;
}

/** A serial port behind which an adapter may be. */
export interface PortObservation {
  /** `/dev/ttyACM0` */
  readonly path: string;
  /** A name that stays, whatever else is plugged in: `/dev/serial/by-id/…`. */
  readonly stablePath?: string;
  readonly serialNumber?: string;
  /** What its maker calls it. */
  readonly product?: string;
  /** How long an FTDI chip collects bytes before it hands them over. */
  readonly latencyTimerMs?: number;
}

/** Frames that were sent to see what becomes of them. */
export interface ProbeObservation {
  readonly sent: number;
  /** Those that left, as far as the adapter says. */
  readonly departed: number;
  /** What became of the first that did not. */
  readonly fault?: CanErrorCode;
}

/** Error frames by what they complain of. */
export interface ErrorCounts {
  readonly acknowledge: number;
  readonly bit: number;
  readonly stuff: number;
  readonly form: number;
  readonly other: number;
}

export interface LatencyObservation {
  /** By how much this machine wakes up too late, at worst. */
  readonly hostLateMs: number;
  /** From handing a frame over to its departure, at worst. */
  readonly departureMs: number;
  /** From the departure of a request to its answer, at worst; left out: no ECU was asked, or it kept silent. */
  readonly answerMs?: number;
  /** What the ECU promises (P2). */
  readonly promisedMs?: number;
}

export interface BusObservation {
  readonly url: string;
  /** Why it could not be opened. */
  readonly refusal?: { readonly code: CanErrorCode; readonly sentence: string; readonly help?: string };
  /** SLCAN: the serial port itself was opened, whatever became of the adapter. */
  readonly portOpened?: boolean;
  readonly bitrate?: number;
  readonly dataBitrate?: number;
  /** Whether the adapter says when a frame has left; the others are believed, by their bit rate. */
  readonly tellsDeparture?: boolean;
  /** Frames of others while nothing was sent. */
  readonly heardFrames?: number;
  readonly classic?: ProbeObservation;
  readonly fd?: ProbeObservation;
  readonly errors?: ErrorCounts;
  /** Frames sent without a pause, and those that a second adapter on the same bus heard of them. */
  readonly burst?: { readonly sent: number; readonly heard: number };
  readonly latency?: LatencyObservation;
}
