import type { IsoTpError } from "./error.ts";

/** The timers of a session; each exists once. N_xx are time-outs or intervals of ISO 15765-2:2016 9.8.1. */
export type TimerName = "N_As" | "N_Bs" | "STmin" | "N_Ar" | "N_Br" | "N_Cr";

/** Which half of a full-duplex session a frame belongs to: data of our message, or flow control of theirs. */
export type FrameRole = "data" | "flow";

/** What the session wants done. All times are the clock's, in milliseconds. */
export type Effect =
  /** Hand CAN data to the driver; report its departure or failure with the same `role` and `run`. */
  | {
      readonly do: "transmit";
      readonly role: FrameRole;
      /** Number of the transmission or reception that the frame belongs to: a late report of an old one is void. */
      readonly run: number;
      readonly data: Uint8Array;
    }
  /** (Re-)start a timer that runs out at `atMs`. */
  | { readonly do: "arm"; readonly timer: TimerName; readonly atMs: number }
  | { readonly do: "cancel"; readonly timer: TimerName }
  /** The oldest message given to `send` has left completely, or has failed. */
  | { readonly do: "sent"; readonly atMs: number }
  | { readonly do: "send-failed"; readonly error: IsoTpError }
  /** N_USDataFF.ind, N_USData.ind, and N_USData.ind with an error. */
  | { readonly do: "reception-started"; readonly length: number; readonly atMs: number }
  | { readonly do: "received"; readonly message: Uint8Array; readonly atMs: number }
  | { readonly do: "reception-failed"; readonly error: IsoTpError; readonly atMs: number };
