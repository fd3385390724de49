export type DiagnosisCode =
  | "CANNOT_OPEN"
  | "NOBODY_ACKNOWLEDGES"
  | "BUS_OFF_STAYS"
  | "ADAPTER_WEDGED"
  | "NAMES_MAY_SWAP"
  | "FRAMES_LOST_IN_BURST"
  | "FD_TIMING"
  | "WIRING"
  | "LATENCY"
  | "NOTHING_HEARD";

/** What is wrong, or may become so, and what to do about it. */
export interface Diagnosis {
  readonly code: DiagnosisCode;
  /** `fault`: it does not work. `advice`: it may not for long, or the cause lies elsewhere than one thinks. */
  readonly kind: "fault" | "advice";
  readonly sentence: string;
  readonly help: string;
}

export const fault = (code: DiagnosisCode, sentence: string, help: string): Diagnosis => ({
  code,
  kind: "fault",
  sentence,
  help,
});

export const advice = (code: DiagnosisCode, sentence: string, help: string): Diagnosis => ({
  code,
  kind: "advice",
  sentence,
  help,
});

/** `500 kbit/s` */
export const rate = (bitrate: number | undefined): string =>
  bitrate === undefined ? "unknown bit rate" : `${bitrate / 1000} kbit/s`;

/** The cheapest test of a bus, and the one that finds most. */
export const MEASURE_60_OHM =
  "Power everything off and measure between CAN-H and CAN-L: 60 Ω is right, 120 Ω lacks a termination, 40 Ω has one too many, near 0 Ω is a short.";
