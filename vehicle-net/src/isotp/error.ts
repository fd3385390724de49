/**
 * How a transmission or reception ended (N_Result, ISO 15765-2:2016 8.3.7), and two results of this
 * implementation: the channel was closed, or the message cannot be sent on it at all.
 */
export type IsoTpFault =
  | "N_TIMEOUT_A"
  | "N_TIMEOUT_Bs"
  | "N_TIMEOUT_Cr"
  | "N_WRONG_SN"
  | "N_INVALID_FS"
  | "N_UNEXP_PDU"
  | "N_WFT_OVRN"
  | "N_BUFFER_OVFLW"
  | "N_ERROR"
  | "CLOSED"
  | "MESSAGE_LENGTH";

/** What a person can do about a fault; a table, so that the sentence stays about what happened. */
const helpOf: Readonly<Record<IsoTpFault, string>> = {
  N_TIMEOUT_A: "Check that another node acknowledges frames: power, bit rate, wiring and termination.",
  N_TIMEOUT_Bs: "Check that the receiver is powered and that the identifiers are its own.",
  N_TIMEOUT_Cr: "Frames were lost or the sender stopped; repeat the request.",
  N_WRONG_SN: "Frames were lost or repeated; lower the bus load or announce a larger STmin, then repeat.",
  N_INVALID_FS: "The receiver does not follow ISO 15765-2; capture the bus and look at its flow control.",
  N_UNEXP_PDU: "Two senders may share one identifier, or the sender started anew; repeat the request.",
  N_WFT_OVRN: "The receiver is busy; repeat later or raise wftMax.",
  N_BUFFER_OVFLW: "Send smaller messages, or raise the receiver's maxMessageBytes.",
  N_ERROR: "See the cause: the CAN driver refused a frame.",
  CLOSED: "Open a new channel.",
  MESSAGE_LENGTH: "Send at least one byte, and functionally no more than one frame holds.",
};

/** A message did not get through, and the standard's name for the reason. */
export class IsoTpError extends Error {
  override readonly name = "IsoTpError";
  readonly fault: IsoTpFault;

  constructor(fault: IsoTpFault, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.fault = fault;
  }

  /** What to do about it. */
  get help(): string {
    return helpOf[this.fault];
  }
}

/** An option of a channel that ISO 15765-2 or the bus rules out; thrown before anything is sent. */
export class IsoTpOptionError extends Error {
  override readonly name = "IsoTpOptionError";
  readonly code = "bad-option";
  /** The option's name, as in `IsoTpOptions`. */
  readonly option: string;

  constructor(option: string, message: string) {
    super(`${option}: ${message}`);
    this.option = option;
  }
}
